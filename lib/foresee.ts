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
): readonly Foreseen[] {
  foreseen.set(task.fact.key, want);
  const following = task.foresees(now, want);
  for (const follows of following) {
    const { key } = follows.fact;
    if ('state' in follows) foreseen.set(key, follows.state);
    else if (follows.next !== undefined) foreseen.set(key, follows.next(foreseen.get(key)));
    else foreseen.delete(key);
  }
  return following;
}
