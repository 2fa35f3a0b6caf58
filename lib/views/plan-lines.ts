import type { Change, TaskPlanned } from '../events.ts';
import { visible } from '../visible.ts';
import { changeLines } from './change-lines.ts';
import { formLines } from './form-lines.ts';
import type { Paint } from './paint.ts';

interface PlanStyle {
  readonly paint: Paint;
  readonly columns: number;
  /** Whole texts as a unified diff. */
  readonly diff: boolean;
  readonly steps: boolean;
  /** It is told before it is done: with what the operator is to be asked then, and what nothing would bring back. */
  readonly isAhead: boolean;
}

/** What a task changes, and how. */
export function planLines(plan: TaskPlanned, style: PlanStyle): string[] {
  const { paint, columns } = style;
  const steps = style.steps ? plan.steps.map((step) => paint('dim', `> ${visible(step)}`)) : [];
  const form = plan.form === undefined || !style.isAhead ? [] : formLines(plan.form, paint, columns);
  const leads = (plan.leads ?? []).map((text) => paint('dim', visible(text)));
  const lost = style.isAhead ? (plan.destroys ?? []) : [];
  const alarm = lost.map((what) => paint('red', `cannot be undone, lost: ${visible(what)}`));
  // What an opaque task is said to change is how often it ran, which tells nobody anything.
  if (plan.opaque) return [paint('dim', 'always runs (nothing to observe)'), ...leads, ...alarm, ...steps];
  // Nor do the unknowns that the operator was asked for: they are known by now.
  const shown = plan.form === undefined || style.isAhead ? plan.changes : [];
  const changes = withoutChecksums(shown).flatMap((change) => changeLines(change, style));
  return [...changes, ...leads, ...alarm, ...form, ...steps];
}

/** Beside the text that it is of, a checksum tells nobody anything. */
export function withoutChecksums(changes: readonly Change[]): readonly Change[] {
  const texts = new Set(changes.flatMap(({ path, to }) => (typeof to === 'string' ? path : [])));
  return changes.filter(({ path }) => {
    if (!path.endsWith('sha256')) return true;
    const place = path.slice(0, -'sha256'.length);
    return !texts.has(`${place}text`) && !texts.has(`${place}content`);
  });
}

/** A task that plans again while it converges still makes the changes that it planned first. */
export function withFurtherSteps(first: TaskPlanned | undefined, next: TaskPlanned): TaskPlanned {
  return first === undefined ? next : { ...first, steps: [...first.steps, ...next.steps] };
}
