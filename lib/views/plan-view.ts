import { createNarrator } from './narrator.ts';
import { createPaint } from './paint.ts';
import type { View, ViewOptions } from './view.ts';

/** Tells only what goes wrong with a check: what it finds is shown when it is whole. */
export function createPlanView({ out, color, diff, verbosity }: ViewOptions): View {
  const narrate = createNarrator({
    paint: createPaint(color),
    diff,
    verbosity,
    unchanged: false,
    columns: () => out.columns ?? 120,
  });
  return {
    handle(event) {
      const lines = narrate(event);
      const isTrouble =
        event.type === 'warning' ||
        event.type === 'host.unreachable' ||
        event.type === 'host.lost' ||
        (event.type === 'task.ended' && event.fault !== undefined) ||
        (event.type === 'run.ended' && event.outcome !== 'ok' && event.outcome !== 'waiting');
      if (isTrouble) for (const line of lines) out.write(`${line}\n`);
    },
    suspend: () => () => {},
    end: () => {},
  };
}
