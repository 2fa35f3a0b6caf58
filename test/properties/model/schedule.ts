import { satisfiesAll } from '../../../lib/compose/constraint.ts';
import { equal } from '../../../lib/equal.ts';
import type { EngineTask } from '../../../lib/tasks/stack/engine-objects.ts';
import { constrainedNode } from './node-answers.ts';
import { type ModelNode, type ModelService, type ModelSwarm, next, type World } from './world.ts';

/** When tasks of this model began to run. */
const began = '2026-01-01T00:00:00Z';

/** Gives each service the tasks that its spec asks for, at once: what the swarm's scheduler does in its own time. */
export function schedule(world: World, swarm: ModelSwarm): void {
  const services = Object.values(swarm.services);
  const ids = new Set(services.map(({ ID }) => ID));
  swarm.tasks = swarm.tasks.filter(({ ServiceID }) => ids.has(ServiceID));
  for (const service of services) place(world, swarm, service);
}

function place(world: World, swarm: ModelSwarm, service: ModelService): void {
  const { Spec, ID } = service;
  const eligible = Object.values(swarm.nodes).filter((node) => mayRun(node, service));
  const own = swarm.tasks.filter(({ ServiceID }) => ServiceID === ID);
  const isJob = Spec.Mode?.ReplicatedJob !== undefined || Spec.Mode?.GlobalJob !== undefined;
  const kept = own.filter((task) => stays(task, service, eligible, swarm, isJob));
  const isGlobal = Spec.Mode?.Global !== undefined || Spec.Mode?.GlobalJob !== undefined;
  const places = isGlobal
    ? eligible.map((node): ModelNode | undefined => node)
    : Array.from(
        { length: Spec.Mode?.ReplicatedJob?.TotalCompletions ?? Spec.Mode?.Replicated?.Replicas ?? 1 },
        (_, index): ModelNode | undefined => eligible[index % Math.max(eligible.length, 1)],
      );
  const most = Spec.TaskTemplate.Placement?.MaxReplicas || Infinity;
  const left = [...kept];
  const count = new Map<string, number>();
  const wanted = places.map((node, index): EngineTask => {
    const fits = left.findIndex((task) => (isGlobal ? task.NodeID === node?.id : true));
    const [task] = fits === -1 ? [] : left.splice(fits, 1);
    if (task !== undefined) return task;
    const number = count.get(node?.id ?? '') ?? 0;
    count.set(node?.id ?? '', number + 1);
    return newTask(world, service, number < most ? node : undefined, index + 1, isJob);
  });
  // Of those that are replaced the swarm remembers a few; one is enough here.
  const gone = own.filter((task) => !wanted.includes(task)).slice(-1);
  const ended = gone.map((task) => ({
    ...task,
    DesiredState: 'shutdown',
    Status: { ...task.Status, State: task.Status.State === 'running' ? 'shutdown' : task.Status.State },
  }));
  swarm.tasks = [...swarm.tasks.filter(({ ServiceID }) => ServiceID !== ID), ...ended, ...wanted];
}

/** A task goes on under its service's spec where it may still be there. */
function stays(
  { Spec, NodeID, DesiredState, Status }: EngineTask,
  service: ModelService,
  eligible: readonly ModelNode[],
  swarm: ModelSwarm,
  isJob: boolean,
): boolean {
  const { Placement: _, ...running } = Spec;
  const { Placement: __, ...template } = service.Spec.TaskTemplate;
  if (!equal(running, template)) return false;
  if (!equal(Status.PortStatus?.Ports ?? [], hostPorts(service))) return false;
  if (isJob) return Status.State === 'complete';
  if (DesiredState !== 'running' || Status.State !== 'running') return false;
  // One on a paused node keeps running; the others have to be eligible.
  const node = swarm.nodes[NodeID ?? ''];
  return (
    node !== undefined &&
    (eligible.includes(node) ||
      mayRun(
        { ...node, availability: node.availability === 'pause' ? 'active' : node.availability },
        service,
      ))
  );
}

function mayRun(node: ModelNode, { Spec }: ModelService): boolean {
  const constraints = Spec.TaskTemplate.Placement?.Constraints ?? [];
  return (
    node.state === 'ready' &&
    node.availability === 'active' &&
    satisfiesAll(constrainedNode(node), constraints)
  );
}

function newTask(
  world: World,
  { ID, Spec }: ModelService,
  node: ModelNode | undefined,
  slot: number,
  isJob: boolean,
): EngineTask {
  const status =
    node === undefined
      ? { State: 'pending', Err: 'no suitable node (scheduling constraints not satisfied on 1 node)' }
      : { State: isJob ? 'complete' : 'running', PortStatus: { Ports: hostPorts({ Spec }) as never } };
  return {
    ID: `task${next(world)}`,
    ServiceID: ID,
    CreatedAt: began,
    Slot: slot,
    ...(node === undefined ? {} : { NodeID: node.id }),
    Spec: structuredClone(Spec.TaskTemplate),
    DesiredState: isJob ? 'complete' : 'running',
    Status: { Timestamp: began, ...status },
    Labels: Spec.Labels ?? {},
  };
}

/** The ports of its node that a task has: other ones make it another task. */
function hostPorts({ Spec }: Pick<ModelService, 'Spec'>) {
  return (Spec.EndpointSpec?.Ports ?? []).filter(({ PublishMode }) => PublishMode === 'host');
}
