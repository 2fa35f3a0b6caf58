import { collectPlan, type PlanCollector } from '../plan/collect-plan.ts';
import { type RunOptions, run } from '../run.ts';
import type { Input } from './show-run.ts';

/**
 * Looks, in silence and with connections of its own, what a run would do. What would fail is not told of here: the run
 * comes to it by itself.
 */
export async function checkFirst(
  { playbook, inventory }: Input,
  options: Omit<RunOptions, 'onEvent' | 'check'>,
): Promise<PlanCollector> {
  const collected = collectPlan();
  await run(playbook, inventory, { ...options, check: true, onEvent: collected.handle });
  return collected;
}
