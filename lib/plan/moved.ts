import { equal } from '../equal.ts';
import type { PlannedTask } from './kept-plan.ts';

/** How one task differs from what was planned. */
export interface Moved {
  readonly host: string;
  /** The title of the task. */
  readonly title: string;
  readonly kind: 'gone' | 'new' | 'other';
  readonly was?: PlannedTask;
  readonly is?: PlannedTask;
}

/**
 * What has moved since a plan was made: of each host, task by task. Empty where the same would be done.
 * @param was what was planned
 * @param is what would be done now
 */
export function moved(was: readonly PlannedTask[], is: readonly PlannedTask[]): readonly Moved[] {
  const left = new Map<string, PlannedTask[]>();
  for (const task of is) left.set(keyOf(task), [...(left.get(keyOf(task)) ?? []), task]);
  const differing = was.flatMap((task): readonly Moved[] => {
    const now = left.get(keyOf(task))?.shift();
    const about = { host: task.host, title: task.title };
    if (now === undefined) return [{ ...about, kind: 'gone', was: task }];
    return isSame(task, now) ? [] : [{ ...about, kind: 'other', was: task, is: now }];
  });
  const more = [...left.values()]
    .flat()
    .map((task): Moved => ({ host: task.host, title: task.title, kind: 'new', is: task }));
  return [...differing, ...more];
}

/** Several tasks of a host may have one title: they are held against each other in their order. */
function keyOf({ host, name, title }: PlannedTask): string {
  return JSON.stringify([host, name, title]);
}

function isSame(was: PlannedTask, is: PlannedTask): boolean {
  return (
    was.digest === is.digest &&
    was.runs === is.runs &&
    was.status === is.status &&
    was.asRoot === is.asRoot &&
    // What an opaque one does nothing else tells.
    (!was.opaque || equal(was.steps, is.steps)) &&
    equal(was.destroys, is.destroys) &&
    equal(was.leads, is.leads)
  );
}
