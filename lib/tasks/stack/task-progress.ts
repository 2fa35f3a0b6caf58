import { type ConstrainedNode, constraintsOf, satisfiesAll } from '../../compose/constraint.ts';
import { isHostPort } from '../../compose/published-port.ts';
import type { ServiceSpec, TaskTemplate } from '../../compose/service-spec.ts';
import { equal } from '../../equal.ts';
import type { EngineService, EngineTask } from './engine-objects.ts';
import type { LiveTasks } from './read-stack.ts';

/** How far a service's tasks have come towards its spec. */
export interface TaskProgress {
  /** Tasks of the current spec that run, on nodes that answer; for a job, those that completed. */
  readonly done: readonly EngineTask[];
  /** Tasks of the current spec that failed or were rejected, oldest first. */
  readonly failed: readonly EngineTask[];
  /** Tasks of the current spec that ended by themselves, with an error or without, oldest first. */
  readonly ended: readonly EngineTask[];
  /** Tasks of the current spec that run, or shall run, or wait for a node. */
  readonly alive: readonly EngineTask[];
}

/** A task that has failed before counts as running when it has run for so long, in milliseconds. */
const steady = 5000;

/** Sorts out a service's tasks. Those of earlier specs are left out. */
export function taskProgress(service: EngineService, live: LiveTasks): TaskProgress {
  const ready = new Set(live.nodes.filter(({ Status }) => Status.State === 'ready').map(({ ID }) => ID));
  const isJob = isJobSpec(service.Spec);
  const iteration = service.JobStatus?.JobIteration?.Index ?? 0;
  const tasks = live.tasks.filter(
    (task) =>
      task.ServiceID === service.ID &&
      isOfSpec(task, service.Spec) &&
      (!isJob || (task.JobIteration?.Index ?? 0) === iteration),
  );
  const ended = tasks
    .filter(({ Status }) => ['failed', 'rejected', 'complete'].includes(Status.State))
    .sort((a, b) => (a.Status.Timestamp ?? '').localeCompare(b.Status.Timestamp ?? ''));
  const failed = ended.filter(({ Status }) => Status.State !== 'complete');
  const alive = tasks.filter(({ DesiredState, Status }) =>
    isJob
      ? DesiredState !== 'shutdown' && !['complete', 'failed', 'rejected'].includes(Status.State)
      : DesiredState === 'running' || DesiredState === 'ready',
  );
  const isSteady = (task: EngineTask) => {
    const ran = live.host.time - Date.parse(task.Status.Timestamp ?? '');
    const hasFailed = failed.some(({ Slot, NodeID }) => (Slot ? Slot === task.Slot : NodeID === task.NodeID));
    // Clocks of nodes differ: a task that seems to start in the future is not held back.
    return !hasFailed || !(ran >= 0 && ran < steady);
  };
  const done = isJob
    ? tasks.filter(({ Status }) => Status.State === 'complete')
    : alive.filter(
        (task) =>
          task.Status.State === 'running' &&
          ready.has(task.NodeID ?? '') &&
          publishes(task, service) &&
          isSteady(task),
      );
  return { done, failed, ended, alive };
}

/** How many tasks a spec asks for: for global services, one on each node that they may run on. */
export function wantedTasks(spec: ServiceSpec, nodes: readonly ConstrainedNode[]): number {
  const { Replicated, ReplicatedJob, Global, GlobalJob } = spec.Mode ?? {};
  if (Global || GlobalJob) return eligibleNodes(spec, nodes).length;
  return ReplicatedJob?.TotalCompletions ?? Replicated?.Replicas ?? 1;
}

/** The nodes that a service's tasks may be given to. */
function eligibleNodes(spec: ServiceSpec, nodes: readonly ConstrainedNode[]): readonly ConstrainedNode[] {
  const constraints = constraintsOf(spec);
  return nodes.filter(
    (node) =>
      node.Status.State === 'ready' && node.Spec.Availability === 'active' && satisfiesAll(node, constraints),
  );
}

/** True for a service whose tasks end by themselves. */
export function isJobSpec({ Mode }: ServiceSpec): boolean {
  return Mode?.ReplicatedJob !== undefined || Mode?.GlobalJob !== undefined;
}

/** A task keeps running under a new spec that only changed where tasks may run, as long as it may stay. */
function isOfSpec({ Spec }: EngineTask, service: ServiceSpec): boolean {
  return equal(essence(Spec), essence(service.TaskTemplate));
}

function essence(template: TaskTemplate): object {
  const { Placement: _, Runtime: __, ...rest } = template as TaskTemplate & { readonly Runtime?: string };
  return rest;
}

/** Whether a task has the ports of its node that its service publishes there: no others, none missing. */
function publishes({ Status }: EngineTask, service: EngineService): boolean {
  const asked = hostPorts(service.Spec);
  const has = Status.PortStatus?.Ports ?? [];
  // An engine that was cut off tells of its tasks anew, and of no port then, though they have theirs.
  if (has.length === 0 && isOfLastPorts(Status.Timestamp, service)) return true;
  return (
    asked.every((port) => has.some((held) => same(port, held))) &&
    has.every((held) => asked.some((port) => same(port, held)))
  );
}

/** Whether a task that was told of at a time has been given the ports that its service asks for now. */
function isOfLastPorts(told: string | undefined, { Spec, PreviousSpec, UpdatedAt }: EngineService): boolean {
  if (!PreviousSpec || equal(hostPorts(PreviousSpec), hostPorts(Spec))) return true;
  return Date.parse(told ?? '') > Date.parse(UpdatedAt ?? '');
}

function hostPorts({ EndpointSpec }: ServiceSpec): readonly Port[] {
  return (EndpointSpec?.Ports ?? []).filter(isHostPort);
}

function same(one: Port, other: Port): boolean {
  return (
    one.TargetPort === other.TargetPort &&
    (one.Protocol || 'tcp') === (other.Protocol || 'tcp') &&
    (!one.PublishedPort || one.PublishedPort === other.PublishedPort)
  );
}

interface Port {
  readonly TargetPort?: number | undefined;
  readonly PublishedPort?: number | undefined;
  readonly Protocol?: string | undefined;
}
