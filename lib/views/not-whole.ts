import type { RunEnded } from '../events.ts';
import type { PlanFault } from '../plan/plan-fault.ts';

/**
 * What a plan is not whole for, in a few words: `1 would fail, 1 unreachable`. Nothing for one that is whole.
 * @param outcome how the check ended that it is from
 */
export function notWhole(outcome: RunEnded['outcome'], faults: readonly PlanFault[]): string | undefined {
  if (outcome === 'ok' || outcome === 'waiting') return undefined;
  const failing = faults.filter(({ status }) => status === 'would-fail');
  const ofTasks = failing.filter(({ host }) => host !== undefined).length;
  const unreachable = faults.filter(({ status }) => status === 'unreachable').length;
  const parts = [
    ...(ofTasks === 0 ? [] : [`${ofTasks} would fail`]),
    ...(unreachable === 0 ? [] : [`${unreachable} unreachable`]),
    ...(failing.length === ofTasks ? [] : ['the playbook failed']),
    ...(outcome === 'interrupted' ? [outcome] : []),
  ];
  return parts.length === 0 ? outcome : parts.join(', ');
}
