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
  return {
    handle(event) {
      for (const line of narrate(event)) out.write(`${line}\n`);
    },
    end: () => flush(out),
  };
}
