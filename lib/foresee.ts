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
    if (follows.undoes !== undefined) forget(foreseen, follows.undoes);
    if ('state' in follows) foreseen.set(key, follows.state);
    else if (follows.next !== undefined) foreseen.set(key, follows.next(foreseen.get(key)));
    else foreseen.delete(key);
  }
}

function forget(foreseen: Map<string, unknown>, isUndone: (key: readonly unknown[]) => boolean): void {
  for (const key of foreseen.keys()) {
    // What is no list is no fact's.
    if (key.startsWith('[') && isUndone(JSON.parse(key) as readonly unknown[])) foreseen.delete(key);
  }
}

/** Whether steps run a command of which nobody says what follows from it. */
export function isUntold(steps: readonly Step[], follows: readonly Foreseen[]): boolean {
  return follows.length === 0 && steps.some(({ kind }) => kind === 'exec');
}

/** Remembers of a task, of which nothing else is known, that it may change something: what it is about is unknown from then on. */
export function foreseeSomething<S>(foreseen: Map<string, unknown>, task: Task<S>, now: S): void {
  foreseen.set(anythingForeseen.key, true);
  remember(foreseen, task.obscures());
  foreseen.set(task.fact.key, now);
}
