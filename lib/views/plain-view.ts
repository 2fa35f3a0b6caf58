import { flush } from './flush.ts';
import { createNarrator } from './narrator.ts';
import { createPaint } from './paint.ts';
import type { View, ViewOptions } from './view.ts';

/** Where the lines have no terminal to fit into: a width that logs and mails are still read well at. */
const WIDTH_OF_A_LOG = 120;

/** One readable line for each thing that matters, for logs and wherever there is no terminal. */
export function createPlainView(options: ViewOptions): View {
  const { out } = options;
  const narrate = createNarrator({
    paint: createPaint(options.color),
    diff: options.diff,
    verbosity: options.verbosity,
    unchanged: true,
    columns: () => out.columns ?? WIDTH_OF_A_LOG,
  });
  let kept: string[] | undefined;
  const print = (lines: readonly string[]) => {
    for (const line of lines) out.write(`${line}\n`);
  };
  const resume = () => {
    print(kept ?? []);
    kept = undefined;
  };
  return {
    handle(event) {
      const lines = narrate(event);
      if (kept === undefined) print(lines);
      else kept.push(...lines);
    },
    suspend() {
      kept ??= [];
      return resume;
    },
    end() {
      resume();
      return flush(out);
    },
  };
}
