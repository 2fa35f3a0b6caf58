import type { Intent } from '../consent.ts';
import type { Change, Json } from '../events.ts';
import type { PlannedTask } from './kept-plan.ts';

/** How a value is shown that only an apply can know. */
const LATER = '(known after apply)';

/**
 * Holds the tasks of a run against a plan, one after another: each planned task stands for one of them.
 * @returns whether it is as planned; where that left something open, whatever fills it
 */
export function withinPlan(plan: readonly PlannedTask[]): (intent: Intent) => boolean {
  const left = new Map<string, PlannedTask[]>();
  for (const task of plan) left.set(task.host, [...(left.get(task.host) ?? []), task]);
  return (intent) => {
    const tasks = left.get(intent.planned.host) ?? [];
    const index = tasks.findIndex((task) => fits(task, intent));
    if (index < 0) return false;
    tasks.splice(index, 1);
    return true;
  };
}

/** A task, as far as it is about what cannot be undone. */
export interface Destroying extends Pick<PlannedTask, 'host' | 'name' | 'title'> {
  /** None of what is about to be done. */
  readonly status?: PlannedTask['status'];
  readonly destroys?: readonly string[] | undefined;
  readonly mayDestroy?: true | undefined;
}

/** Whether a task destroys nothing but what was agreed to; how often does not matter. */
export function isAgreed(agreed: readonly Destroying[], { name, title, planned }: Intent): boolean {
  return agreed.some(
    (task) =>
      task.host === planned.host &&
      task.name === name &&
      fitsText(task.title, title) &&
      isWithin(planned.destroys, task),
  );
}

function fits(task: PlannedTask, { name, title, planned }: Intent): boolean {
  if (task.name !== name || !fitsText(task.title, title)) return false;
  if (!isWithin(planned.destroys, task)) return false;
  // Nothing was known of it but that it is there.
  if (task.status === 'unknown') return true;
  if (task.runs !== planned.runs) return false;
  if (task.opaque) return planned.opaque === true && fitsTexts(task.steps, planned.steps);
  return task.digest === planned.digest || fitsChanges(task.changes, planned.changes);
}

/** Part of what was agreed to is agreed to; of a task of which nothing was known but that it may destroy, whatever it does. */
function isWithin(
  destroys: readonly string[] = [],
  { status, destroys: agreed = [] }: Pick<Destroying, 'status' | 'destroys'>,
): boolean {
  if (status === 'unknown' && agreed.length > 0) return true;
  return destroys.every((what) => agreed.some((text) => fitsText(text, what)));
}

function fitsChanges(was: readonly Change[], is: readonly Change[]): boolean {
  return (
    was.length === is.length &&
    was.every((change, i) => {
      const now = is[i];
      return (
        now !== undefined &&
        change.path === now.path &&
        (isGivenAway(change, now) ||
          (change.op === now.op && (isBulk(change.from) || fitsValue(change.from, now.from)))) &&
        fitsValue(change.to, now.to)
      );
    })
  );
}

function fitsTexts(was: readonly string[], is: readonly string[]): boolean {
  return was.length === is.length && was.every((text, i) => fitsText(text, is[i]));
}

/** Whose a file is that an earlier task of the same run makes is the writing user's, whoever that is. */
function isGivenAway(was: Change, is: Change): boolean {
  return /^(owner|group)$/.test(was.path) && was.op === 'add' && is.op === 'change';
}

/** What earlier tasks of the same run have changed may be in it. */
function isBulk(from: Json | undefined): boolean {
  return typeof from === 'object';
}

function fitsValue(was: Json | undefined, is: Json | undefined): boolean {
  if (was === LATER) return true;
  if (typeof was === 'string' && typeof is === 'string') return fitsText(was, is);
  if (typeof was !== 'object' || was === null || typeof is !== 'object' || is === null) return was === is;
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].every((key) =>
    fitsValue((was as Record<string, Json>)[key], (is as Record<string, Json>)[key]),
  );
}

/** Equal, but for what was open: each part of the text that was known is there, in that order. */
function fitsText(was: string, is: string | undefined): boolean {
  if (is === undefined || was === is || !was.includes(LATER)) return was === is;
  const [first = '', ...parts] = was.split(LATER);
  if (!is.startsWith(first)) return false;
  let at = first.length;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const found = isLast && part !== '' ? is.lastIndexOf(part) : is.indexOf(part, at);
    if (found < at || (isLast && part !== '' && found + part.length !== is.length)) return false;
    at = found + part.length;
  }
  return true;
}
