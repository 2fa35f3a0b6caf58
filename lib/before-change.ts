import type { Converging } from './converging.ts';
import type { TaskPlanned } from './events.ts';
import type { Asker } from './machine.ts';
import type { Task } from './task.ts';

/**
 * Awaited before a task changes its host: until the run may change anything at all, and has its locks.
 * @param at when what it would do was seen, by `performance.now()`
 * @returns whether that still counts: what was seen before the host was locked, or while somebody thought about it, is to be seen
 * again before anything follows from it
 */
export async function beforeChange(
  as: Pick<Asker, 'become' | 'engineAsRoot'>,
  at: number,
  c: Converging,
): Promise<boolean> {
  await c.consent.sought();
  await c.claim.taken(c.machine.name, as);
  return Math.max(c.machine.changes.lockedAt, c.consent.soughtAt) <= at;
}

/** Awaited before the steps of a task: until they are agreed to, as plans and events have them. */
export async function consentTo(
  task: Pick<Task<unknown>, 'name' | 'title'>,
  planned: Omit<TaskPlanned, 'at'>,
  c: Converging,
): Promise<void> {
  const title = c.redactor.text(task.title);
  await c.consent.to({ name: task.name, title, planned: c.redactor.event(planned) });
}
