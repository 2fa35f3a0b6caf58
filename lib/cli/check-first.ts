import { collectFaults } from '../plan/collect-faults.ts';
import { collectPlan, type PlanCollector } from '../plan/collect-plan.ts';
import type { PlannedTask } from '../plan/kept-plan.ts';
import type { PlanFault } from '../plan/plan-fault.ts';
import { type RunOptions, run } from '../run.ts';
import type { Input } from './read-input.ts';

/** What a check found. */
export interface Checked extends Pick<PlanCollector, 'tasks' | 'ended'> {
  readonly faults: readonly PlanFault[];
  /** Whether it came to a task, and found nothing for it to do. */
  isDone(task: Pick<PlannedTask, 'host' | 'name' | 'title'>): boolean;
}

/**
 * Looks, in silence and with connections of its own, what a run would do. What would fail is told of to whoever asked:
 * a run comes to it by itself.
 */
export async function checkFirst(
  { playbook, inventory }: Input,
  options: Omit<RunOptions, 'onEvent' | 'check'>,
): Promise<Checked> {
  const collected = collectPlan();
  const met = collectFaults();
  const done = new Set<string>();
  await run(playbook, inventory, {
    ...options,
    check: true,
    onEvent: (event) => {
      collected.handle(event);
      met.handle(event);
      if (event.type === 'task.ended' && event.status === 'ok') done.add(keyOf(event));
    },
  });
  return { ...collected, faults: met.faults, isDone: (task) => done.has(keyOf(task)) };
}

function keyOf({ host, name, title }: Pick<PlannedTask, 'host' | 'name' | 'title'>): string {
  return JSON.stringify([host, name, title]);
}
