import type { Event } from '../events.ts';
import type { PlanFault } from './plan-fault.ts';

/** Collects what stands in the way of a check, from its own events; in the order in which it was met. */
export function collectFaults(): { handle(event: Event): void; readonly faults: readonly PlanFault[] } {
  const faults: PlanFault[] = [];
  return {
    faults,
    handle(event) {
      if (event.type === 'host.unreachable') {
        const { host, fault } = event;
        faults.push({ status: 'unreachable', host, fault });
      }
      // Of its tasks the host itself has told.
      if (event.type === 'task.ended' && event.status === 'failed' && event.fault?.code !== 'unreachable') {
        const { host, name, title, fault } = event;
        if (fault !== undefined) faults.push({ status: 'would-fail', host, name, title, fault });
      }
      // That it ended because of those, or of the operator, is none of its own; what waits for them is a task of the plan.
      if (
        event.type === 'run.ended' &&
        event.fault &&
        !['run', 'waiting', 'interrupted'].includes(event.fault.code)
      )
        faults.push({ status: 'would-fail', fault: event.fault });
    },
  };
}
