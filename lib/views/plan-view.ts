import type { Form } from '../form.ts';
import { formLines } from './form-lines.ts';
import { createNarrator } from './narrator.ts';
import { createPaint } from './paint.ts';
import type { View, ViewOptions } from './view.ts';

/** Tells only what goes wrong with a check, and what a person is to do: what it finds is shown when it is whole. */
export function createPlanView({ out, color, diff, verbosity }: ViewOptions): View {
  const narrate = createNarrator({
    paint: createPaint(color),
    diff,
    verbosity,
    unchanged: false,
    columns: () => out.columns ?? 120,
  });
  const forms = new Map<string, Form>();
  return {
    handle(event) {
      const lines = narrate(event);
      if (event.type === 'task.ended' && event.form !== undefined)
        forms.set(JSON.stringify(event.form), event.form);
      const isTrouble =
        event.type === 'warning' ||
        event.type === 'host.unreachable' ||
        event.type === 'host.lost' ||
        (event.type === 'task.ended' && event.fault !== undefined) ||
        (event.type === 'run.ended' && event.outcome !== 'ok' && event.outcome !== 'waiting');
      if (isTrouble) for (const line of lines) out.write(`${line}\n`);
      if (event.type !== 'run.ended' || isTrouble) return;
      for (const form of forms.values()) {
        const told = formLines(form, createPaint(color), out.columns ?? 120);
        out.write(`${['', ...told].join('\n')}\n`);
      }
    },
    suspend: () => () => {},
    end: () => {},
  };
}
