import { Listr } from 'listr2';
import { flush } from './flush.ts';
import { rows } from './live-rows.ts';
import { nothingYet, reduce } from './live-state.ts';
import { createNarrator } from './narrator.ts';
import { createPaint } from './paint.ts';
import { rowsRenderer } from './rows-renderer.ts';
import { createScreen } from './screen.ts';
import type { View, ViewOptions } from './view.ts';

/** listr2 shows only tasks that are there when it starts; so many places are enough for any terminal. */
const PLACES = 100;

/**
 * A view for terminals: a row for each host that is drawn anew as it changes, and above the rows, scrolling
 * away, what should be kept: plays, changes and faults. At the end the rows go and the recap stays.
 * @param now the time in milliseconds, for tests
 */
export function createLiveView(options: ViewOptions, now: () => number = Date.now): View {
  const { out, err, verbosity } = options;
  const columns = () => out.columns ?? 80;
  const paint = createPaint(options.color);
  const narrate = createNarrator({
    paint,
    diff: options.diff,
    verbosity,
    unchanged: verbosity >= 1,
    columns,
  });
  const screen = createScreen(out, err);
  let state = nothingYet;
  let ended = false;
  let fault: { readonly error: unknown } | undefined;
  let shown: Promise<unknown> | undefined;
  let release = (): void => {};

  const show = (places: number): void => {
    const untilEnd = new Promise<void>((resolve) => {
      release = resolve;
    });
    const renderer = rowsRenderer({
      rows: () => (ended ? [] : rows(state, { columns: columns(), rows: out.rows ?? 24, now: now() })),
      // An empty line keeps the rows apart from what scrolls above them.
      draw: (lines) => screen.draw(lines.length === 0 ? [] : ['', ...lines]),
      onError: (error) => {
        fault = { error };
      },
      paint,
    });
    const tasks = Array.from({ length: places }, () => ({ title: 'a row', task: () => untilEnd }));
    shown = new Listr(tasks, { concurrent: true, renderer, registerSignalListeners: false }).run();
  };

  const finish = (): void => {
    if (ended) return;
    ended = true;
    release();
    screen.end();
  };

  return {
    handle(event) {
      if (fault !== undefined) throw fault.error;
      if (ended) return;
      state = reduce(state, event);
      screen.print(narrate(event));
      if (event.type === 'run.started') show(Math.min(event.hosts.length + 1, PLACES));
      if (event.type === 'run.ended') finish();
    },
    suspend() {
      if (ended) return () => {};
      screen.pause();
      return () => screen.resume();
    },
    async end() {
      finish();
      await shown;
      await flush(out);
      if (fault !== undefined) throw fault.error;
    },
  };
}
