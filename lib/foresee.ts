import { anythingForeseen, commandForeseen } from './foreseen-anything.ts';
import type { Step } from './step.ts';
import type { Foreseen, Task } from './task.ts';

/**
 * Remembers what check mode foresees of a task that it does not do: the states of its fact and of those that follow.
 * @returns what its task says that follows
 */
export function foresee<S>(
  foreseen: Map<string, unknown>,
  task: Task<S>,
  now: S,
  want: S,
  steps: readonly Step[] = [],
): readonly Foreseen[] {
  foreseen.set(task.fact.key, want);
  if (steps.length > 0) foreseen.set(anythingForeseen.key, true);
  const following = task.foresees(now, want);
  if (isUntold(steps, following)) foreseen.set(commandForeseen.key, true);
  remember(foreseen, following);
  return following;
}

function remember(foreseen: Map<string, unknown>, following: readonly Foreseen[]): void {
  for (const follows of following) {
    const { key } = follows.fact;
    if ('state' in follows) foreseen.set(key, follows.state);
    else if (follows.next !== undefined) foreseen.set(key, follows.next(foreseen.get(key)));
    else foreseen.delete(key);
  }
}

/** Whether steps run a command of which nobody says what follows from it. */
export function isUntold(steps: readonly Step[], follows: readonly Foreseen[]): boolean {
  return follows.length === 0 && steps.some(({ kind }) => kind === 'exec');
}

/** Remembers of a task, of which nothing else is known, that it may change something: what it is about is unknown from then on. */
export function foreseeSomething<S>(foreseen: Map<string, unknown>, task: Task<S>, now: S): void {
  foreseen.set(anythingForeseen.key, true);
  foreseen.set(task.fact.key, now);
  remember(foreseen, task.obscures());
}
