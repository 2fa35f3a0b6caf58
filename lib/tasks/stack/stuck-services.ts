import { scoped } from '../../compose/namespace.ts';
import type { ServiceSpec } from '../../compose/service-spec.ts';
import { diff } from '../../diff.ts';
import { equal } from '../../equal.ts';
import type { Stuck } from '../../task.ts';
import {
  type ConstrainedNode,
  parseConstraint,
  satisfies,
  satisfiesAll,
  showConstraint,
} from './constraint.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { EngineService, EngineTask } from './engine-objects.ts';
import type { LiveStack } from './read-stack.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';
import { taskProgress } from './task-progress.ts';

/** So many failures of one spec, and none of its tasks running, are not going to mend themselves. */
const enough = 3;

/**
 * Why services are not as wanted yet, in the scheduler's own words. Final where waiting cannot help: tasks
 * that fail again and again, an update that was paused or rolled back, a constraint that no node satisfies.
 */
export function stuckServices(
  now: DeployedStack,
  want: DeployedStack,
  { name }: StackDeployArgs,
): Stuck | undefined {
  const { live } = now.basis;
  const stuck = Object.entries(want.services).flatMap(([key, wanted]) => {
    const state = now.services[key];
    if (equal(state, wanted)) return [];
    const service = live.services.find(({ Spec }) => Spec.Name === scoped(name, key));
    if (state === undefined || service === undefined) return [{ reason: `${key} does not exist` }];
    const reason = updateReason(service, live) ?? settingsReason(state, wanted) ?? tasksReason(service, live);
    const count = state.running ?? state.completed ?? '';
    return [{ ...reason, reason: `${key} ${count}: ${reason.reason}` }];
  });
  if (stuck.length === 0) return undefined;
  const isFinal = stuck.some(({ final }) => final);
  // What is final is told first; a service that is merely slow is not why it ends.
  const reasons = [...stuck.filter(({ final }) => final), ...stuck.filter(({ final }) => !final)];
  return { reason: reasons.map(({ reason }) => reason).join('; '), ...(isFinal ? { final: true } : {}) };
}

/** An update that the swarm gave up, with the error of the task that it gave it up for. */
function updateReason(service: EngineService, live: LiveStack): Stuck | undefined {
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

function settingsReason(state: object, wanted: object): Stuck | undefined {
  const changes = diff(state, wanted).filter(
    ({ path }) => !['running', 'completed', 'updating'].includes(path),
  );
  if (changes.length === 0) return undefined;
  return { reason: `the swarm still has other settings: ${changes.map(({ path }) => path).join(', ')}` };
}

function tasksReason(service: EngineService, live: LiveStack): Stuck {
  const { done, failed, alive } = taskProgress(service, live);
  const last = failed.at(-1);
  const pending = alive.find(({ Status }) => Status.State === 'pending' && Status.Err);
  if (pending?.Status.Err) {
    const unsatisfied = unsatisfiedConstraints(service.Spec, live.nodes);
    const hopeless = unsatisfied.length > 0 && /constraints not satisfied/.test(pending.Status.Err);
    const reason = [pending.Status.Err, ...(hopeless ? unsatisfied : [])].join(': ');
    return hopeless ? { reason, final: true } : { reason };
  }
  if (last !== undefined) {
    const times = failed.length > 1 ? ` (failed ${failed.length} times)` : '';
    const reason = `${errorOf(last)}${nodeOf(last, live)}${times}`;
    const isHopeless = done.length === 0 && (failed.length >= enough || alive.length === 0);
    return isHopeless ? { reason, final: true } : { reason };
  }
  if (service.UpdateStatus?.State === 'updating') return { reason: 'its update is under way' };
  const [next] = alive.filter((task) => !done.includes(task));
  if (next === undefined) return { reason: 'its tasks are yet to be made' };
  return { reason: `a task is ${next.Status.State}${nodeOf(next, live)}` };
}

function errorOf({ Status }: EngineTask): string {
  return Status.Err || Status.Message || Status.State;
}

function nodeOf({ NodeID }: EngineTask, { nodes }: LiveStack): string {
  if (!NodeID) return '';
  return ` on ${nodes.find(({ ID }) => ID === NodeID)?.Description?.Hostname || NodeID}`;
}

/** What keeps every node from taking a service, whether the node is up or not. */
function unsatisfiedConstraints(spec: ServiceSpec, nodes: readonly ConstrainedNode[]): readonly string[] {
  const constraints = spec.TaskTemplate.Placement?.Constraints ?? [];
  if (nodes.some((node) => satisfiesAll(node, constraints))) return [];
  const parsed = constraints.flatMap((text) => parseConstraint(text) ?? []);
  const alone = parsed.filter((constraint) => !nodes.some((node) => satisfies(node, constraint)));
  if (alone.length === 0) return [`no node satisfies all of ${parsed.map(showConstraint).join(', ')}`];
  return alone.map((constraint) => {
    const label = /^node\.labels\.(.+)$/.exec(constraint.key)?.[1];
    const values = label === undefined ? [] : nodes.flatMap((node) => labelledAs(node, label));
    if (label === undefined) return `no node satisfies ${showConstraint(constraint)}`;
    return values.length === 0
      ? `no node has the label ${label} (${showConstraint(constraint)})`
      : `no node satisfies ${showConstraint(constraint)}: ${values.join(', ')}`;
  });
}

function labelledAs({ Spec, Description, ID }: ConstrainedNode, label: string): readonly string[] {
  const value = Spec.Labels?.[label];
  return value === undefined ? [] : [`${label} is '${value}' on ${Description?.Hostname || ID}`];
}
