import { createHash } from 'node:crypto';
import { setImmediate as aMoment } from 'node:timers/promises';
import { namespaceLabel } from '../../../lib/compose/namespace.ts';
import type { ServiceSpec } from '../../../lib/compose/service-spec.ts';
import type { MemoryAnswer, MemoryHost, MemoryResponse } from '../../../lib/transport/memory.ts';
import type { DockerRequest } from '../../../lib/transport/session.ts';
import { deployStack, updateService } from './deploy.ts';
import {
  infoOf,
  initSwarm,
  joinSwarm,
  leaveSwarm,
  listNodes,
  nodeIn,
  removeNode,
  swarmAnswer,
  updateNode,
} from './membership.ts';
import { nodeAnswer } from './node-answers.ts';
import { schedule } from './schedule.ts';
import {
  EngineFault,
  type ModelHost,
  type ModelService,
  type ModelSwarm,
  managedBy,
  next,
  type World,
} from './world.ts';

/** The Engine of a host of a world, and the few commands that facts and steps give there. */
export function engineOf(world: World, name: string): MemoryHost {
  const host = world.hosts[name];
  if (host === undefined) throw new Error(`there is no host ${name}`);
  return {
    async docker(request): Promise<MemoryResponse> {
      await aMoment();
      try {
        return { status: 200, body: answer(world, host, request) ?? {} };
      } catch (error) {
        if (error instanceof EngineFault) return { status: error.status, body: { message: error.message } };
        throw error;
      }
    },
    async exec(command) {
      await aMoment();
      return run(world, host, command);
    },
  };
}

function answer(world: World, host: ModelHost, { method, path, body = '{}' }: DockerRequest): unknown {
  const { pathname, searchParams } = new URL(`http://engine${path}`);
  const [kind = '', rawId = '', action = ''] = pathname.split('/').slice(1);
  const id = decodeURIComponent(rawId);
  const data = JSON.parse(body) as Record<string, never>;
  const isForced = searchParams.get('force') === 'true';
  if (method === 'GET' && kind === 'info') {
    settleAll(world);
    return infoOf(world, host);
  }
  if (kind === 'swarm' && id === 'init') return initSwarm(world, host, data);
  if (kind === 'swarm' && id === 'join') return joinSwarm(world, host, data);
  if (kind === 'swarm' && id === 'leave') return leaveSwarm(world, host, isForced);
  if (kind === 'containers') return containersOf(world, host, filtersIn(searchParams));
  const swarm = managedBy(world, host);
  if (kind === 'networks' && method === 'GET' && id === '') {
    const local = host.localNetworks.map((Name) => ({
      Id: `${Name}-id`,
      Name,
      Scope: 'local',
      Driver: 'bridge',
    }));
    return [...local, ...Object.values(swarm?.networks ?? {})];
  }
  if (swarm === undefined) throw new EngineFault(503, 'This node is not a swarm manager.');
  if (kind === 'swarm') return swarmAnswer(swarm);
  const version = Number(searchParams.get('version'));
  if (kind === 'nodes') {
    if (method === 'DELETE') return removeNode(world, swarm, id, isForced);
    if (action === 'update') return updateNode(world, swarm, id, version, data);
    return id === '' ? listNodes(swarm) : nodeAnswer(nodeIn(swarm, id), swarm);
  }
  if (kind === 'tasks') return tasksOf(swarm, filtersIn(searchParams));
  if (kind !== 'services' && kind !== 'networks' && kind !== 'secrets' && kind !== 'configs')
    throw new EngineFault(404, 'page not found');
  if (id === '') return Object.values(swarm[kind]).filter((it) => fits(it, filtersIn(searchParams)));
  const found = Object.values<Named>(swarm[kind]).find((it) => idOf(it) === id || nameOf(it) === id);
  if (found === undefined) throw new EngineFault(404, `${kind} ${id} not found`);
  if (method === 'DELETE') {
    if (kind === 'networks') refuseInUse(swarm, idOf(found));
    delete swarm[kind][idOf(found)];
    next(world);
    return schedule(world, swarm);
  }
  if (action === 'update' && kind === 'services') {
    const service = found as ModelService;
    if (service.Version.Index !== version)
      throw new EngineFault(500, 'rpc error: desc = update out of sequence');
    updateService(world, swarm, service, data as never as ServiceSpec);
    return schedule(world, swarm);
  }
  return found;
}

interface Named {
  readonly ID?: string;
  readonly Id?: string;
  readonly Name?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Spec?: {
    readonly Name?: string;
    readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  };
}

const idOf = ({ ID, Id }: Named) => ID ?? Id ?? '';
const nameOf = ({ Name, Spec }: Named) => Spec?.Name ?? Name ?? '';

type Filters = Readonly<Record<string, readonly string[] | undefined>>;

function filtersIn(search: URLSearchParams): Filters {
  return JSON.parse(search.get('filters') ?? '{}');
}

/** The Engine takes the beginning of a name for the name. */
function fits(it: Named, { label, name }: Filters): boolean {
  const labels = it.Spec?.Labels ?? it.Labels ?? {};
  const isLabelled = (text: string) =>
    labels[text.slice(0, text.indexOf('='))] === text.slice(text.indexOf('=') + 1);
  return (
    (label ?? []).every(isLabelled) &&
    (name === undefined || name.some((each) => nameOf(it).startsWith(each)))
  );
}

function tasksOf(swarm: ModelSwarm, { label, node, service, 'desired-state': desired }: Filters) {
  return swarm.tasks.filter((task) => {
    const of = swarm.services[task.ServiceID];
    if (label !== undefined && !fits(task as Named, { label })) return false;
    if (node !== undefined && !node.includes(task.NodeID ?? '')) return false;
    if (desired !== undefined && !desired.includes(task.DesiredState)) return false;
    return service === undefined || service.some((each) => each === of?.ID || each === of?.Spec.Name);
  });
}

/** Those of running tasks on the host. */
function containersOf(world: World, host: ModelHost, { label = [] }: Filters): readonly object[] {
  const swarm = world.swarms[host.swarm ?? ''];
  const running = (swarm?.tasks ?? []).filter(
    ({ NodeID, Status, Labels }) =>
      NodeID === host.nodeId &&
      Status.State === 'running' &&
      label.every((text) => text === `${namespaceLabel}=${Labels?.[namespaceLabel]}`),
  );
  return running.map(({ ID, ServiceID, Labels }) => {
    const service = swarm?.services[ServiceID]?.Spec.Name ?? '';
    const labels = { 'com.docker.swarm.task.id': ID, 'com.docker.swarm.service.name': service };
    return { Id: `container-${ID}`, Names: [`/${service}.${ID}`], Labels: { ...Labels, ...labels } };
  });
}

function refuseInUse(swarm: ModelSwarm, id: string): void {
  const user = Object.values(swarm.services).find(({ Spec }) =>
    Spec.TaskTemplate.Networks?.some(({ Target }) => Target === id),
  );
  if (user !== undefined) throw new EngineFault(403, `network ${id} is in use by service ${user.ID}`);
}

/** From the second look on, updates that are under way are through. */
function settleAll(world: World): void {
  world.looks += 1;
  if (world.looks <= 1) return;
  for (const { services } of Object.values(world.swarms)) {
    for (const service of Object.values(services)) {
      const { State } = service.UpdateStatus ?? {};
      if (State === 'updating') service.UpdateStatus = { State: 'completed' };
      if (State === 'rollback_started') service.UpdateStatus = { State: 'rollback_completed' };
    }
  }
}

function run(world: World, host: ModelHost, command: string): MemoryAnswer {
  const words = [...command.matchAll(/'([^']*)'/g)].map(([, word = '']) => word);
  const swarm = managedBy(world, host);
  if (command.includes('docker stack config')) {
    // One file, in its long form already.
    const [dir = '', file = ''] = words;
    const text = host.files[file];
    if (text === undefined)
      return { status: 0, stdout: `\n--- 1\n${dir}\n-\n`, stderr: `open ${file}: no such file` };
    return `${text}\n--- 0\n${dir}\n${Buffer.from(text).toString('hex')}\n.\n`;
  }
  if (command.includes('sha256sum')) {
    const [, ...paths] = words;
    return paths
      .map((path) => host.files[path])
      .map((text) => (text === undefined ? '' : `${createHash('sha256').update(text).digest('hex')}  -`))
      .join('\n');
  }
  if (command.includes('docker stack deploy')) {
    if (swarm === undefined) return { status: 1, stderr: 'this node is not a swarm manager' };
    const [, file = ''] = words;
    const prune = command.includes(' --prune');
    const [, resolveImage = ''] = /--resolve-image '(\w+)'/.exec(command) ?? [];
    try {
      const config = host.files[file] ?? '';
      deployStack(world, swarm, { name: words.at(-1) ?? '', config, files: host.files, prune, resolveImage });
      return '';
    } catch (error) {
      if (error instanceof EngineFault) return { status: 1, stderr: error.message };
      throw error;
    }
  }
  return { status: 127, stderr: `not known to the model: ${command}` };
}
