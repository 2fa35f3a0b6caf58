import type { Task } from './task.ts';

/** Remembers what check mode foresees of a task that it does not do: the states of its fact and of those that follow. */
export function foresee<S>(foreseen: Map<string, unknown>, task: Task<S>, now: S, want: S): void {
  foreseen.set(task.fact.key, want);
  for (const follows of task.foresees(now, want)) {
    const { key } = follows.fact;
    if ('state' in follows) foreseen.set(key, follows.state);
    else if (follows.next !== undefined) foreseen.set(key, follows.next(foreseen.get(key)));
    else foreseen.delete(key);
  }
}
