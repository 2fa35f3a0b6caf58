import type { Event, RunEnded, TaskPlanned } from '../events.ts';
import type { PlannedTask } from './kept-plan.ts';

/** What a check would do, from its own events. */
export interface PlanCollector {
  handle(event: Event): void;
  /** What would be done, in the order in which it was planned. */
  readonly tasks: readonly PlannedTask[];
  /** How the check ended; undefined before. */
  readonly ended: RunEnded | undefined;
}

/** Collects what a check says that a run would do. */
export function collectPlan(): PlanCollector {
  const planned = new Map<number, TaskPlanned>();
  const tasks: PlannedTask[] = [];
  let ended: RunEnded | undefined;

  return {
    tasks,
    get ended() {
      return ended;
    },
    handle(event) {
      if (event.type === 'run.ended') ended = event;
      if (event.type === 'task.planned') planned.set(event.task, event);
      if (event.type !== 'task.ended') return;
      const plan = planned.get(event.task);
      planned.delete(event.task);
      const { host, name, title, play, status, asRoot, note } = event;
      if (status !== 'would-change' && status !== 'unknown' && status !== 'waiting') return;
      tasks.push({
        ...{ host, name, title, status },
        ...(play === undefined ? {} : { play }),
        ...(asRoot ? { asRoot } : {}),
        changes: plan?.changes ?? [],
        steps: plan?.steps ?? [],
        ...(plan?.opaque ? { opaque: plan.opaque } : {}),
        ...(plan?.destroys ? { destroys: plan.destroys } : {}),
        ...(plan?.mayDestroy ? { mayDestroy: plan.mayDestroy } : {}),
        ...(status === 'would-change' && note !== undefined ? { doubt: note } : {}),
        ...(plan?.leads ? { leads: plan.leads } : {}),
        digest: plan?.digest ?? '',
        ...(plan?.runs === undefined ? {} : { runs: plan.runs }),
      });
    },
  };
}
