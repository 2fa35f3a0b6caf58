import { constraintsOf } from '../../compose/constraint.ts';
import { unsatisfiedConstraints } from '../../compose/unsatisfied-constraints.ts';
import type { Stuck } from '../../task.ts';
import type { EngineService, EngineTask } from './engine-objects.ts';
import type { LiveTasks } from './read-stack.ts';
import { taskProgress } from './task-progress.ts';

/** So many failures of one spec, and none of its tasks running, are not going to mend themselves. */
const enough = 3;

/** An update that the swarm gave up, with the error of the task that it gave it up for. */
export function gaveUp(service: EngineService, live: LiveTasks): Stuck | undefined {
  const { State: state = '', Message: message = '' } = service.UpdateStatus ?? {};
  if (!/^(paused|rollback_)/.test(state)) return undefined;
  const what = state === 'paused' ? 'its update was paused' : 'its update failed and was rolled back';
  const failed = live.tasks.filter(
    ({ ServiceID, Status }) =>
      ServiceID === service.ID && (Status.State === 'failed' || Status.State === 'rejected'),
  );
  const cause = failed.find(({ ID }) => message.includes(ID)) ?? failed.sort(byTime).at(-1);
  const why = cause === undefined ? message || state : `${errorOf(cause)}${nodeOf(cause, live)}`;
  // A rollback under way has yet to end; its cause is known already.
  return { reason: `${what}: ${why}`, final: state !== 'rollback_started' };
}

function byTime(a: EngineTask, b: EngineTask): number {
  return (a.Status.Timestamp ?? '').localeCompare(b.Status.Timestamp ?? '');
}

/** What keeps a service's tasks from running, in the scheduler's own words. */
export function notRunning(service: EngineService, live: LiveTasks): Stuck {
  const { done, failed, alive } = taskProgress(service, live);
  const last = failed.at(-1);
  const isHopeless = done.length === 0 && failed.length >= enough;
  // Told for whatever the next task waits for, so that old failures are not taken for new ones when it has it.
  const more = isHopeless ? { finalWhenMore: failed.map(({ ID }) => ID) } : {};
  const pending = alive.find(({ Status }) => Status.State === 'pending' && Status.Err);
  if (pending?.Status.Err) {
    const constraints = constraintsOf(service.Spec);
    const unsatisfied = unsatisfiedConstraints(constraints, live.nodes);
    const isUnplaceable = unsatisfied.length > 0 && /constraints not satisfied/.test(pending.Status.Err);
    const reason = [pending.Status.Err, ...(isUnplaceable ? unsatisfied : [])].join(': ');
    return isUnplaceable ? { reason, final: true } : { reason, ...more };
  }
  if (last !== undefined) {
    const times = failed.length > 1 ? ` (failed ${failed.length} times)` : '';
    const reason = `${errorOf(last)}${nodeOf(last, live)}${times}`;
    // With none left that the swarm tries again, that was it.
    return done.length === 0 && alive.length === 0 ? { reason, final: true } : { reason, ...more };
  }
  if (service.UpdateStatus?.State === 'updating') return { reason: 'its update is under way' };
  const [next] = alive.filter((task) => !done.includes(task));
  if (next === undefined) return { reason: 'its tasks are yet to be made' };
  return { reason: `a task is ${next.Status.State}${nodeOf(next, live)}` };
}

/** What the swarm says of a task that failed. */
export function errorOf({ Status }: EngineTask): string {
  return Status.Err || Status.Message || Status.State;
}

/** ` on ha2`; nothing for a task that no node has. */
export function nodeOf({ NodeID }: EngineTask, { nodes }: LiveTasks): string {
  if (!NodeID) return '';
  return ` on ${nodes.find(({ ID }) => ID === NodeID)?.Description?.Hostname || NodeID}`;
}
