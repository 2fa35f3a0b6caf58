import { nodeAnswer } from './node-answers.ts';
import { schedule } from './schedule.ts';
import {
  EngineFault,
  type ModelHost,
  type ModelNode,
  type ModelSwarm,
  managedBy,
  managersOf,
  next,
  type World,
} from './world.ts';

/** What `/info` tells of a host and its swarm. */
export function infoOf(world: World, host: ModelHost): object {
  const swarm = managedBy(world, host);
  const followed = world.swarms[host.swarm ?? ''];
  return {
    SystemTime: '2026-01-01T01:00:00Z',
    Name: host.hostname,
    Swarm: {
      LocalNodeState: host.state,
      NodeID: host.nodeId ?? '',
      NodeAddr: host.state === 'active' ? host.address : '',
      ControlAvailable: swarm !== undefined,
      Error: host.state === 'error' ? 'bad certificate' : '',
      RemoteManagers:
        host.state === 'active' && followed
          ? managersOf(followed).map(({ id, address }) => ({ NodeID: id, Addr: `${address}:2377` }))
          : null,
      ...(swarm === undefined ? {} : { Cluster: { ID: swarm.id } }),
    },
  };
}

/** What `/swarm` tells a manager. */
export function swarmAnswer({ id }: ModelSwarm): object {
  return { ID: id, JoinTokens: { Worker: tokenOf(id, 'worker'), Manager: tokenOf(id, 'manager') } };
}

function tokenOf(swarm: string, role: ModelNode['role']): string {
  return `SWMTKN-1-${swarm}-${role}`;
}

export function initSwarm(world: World, host: ModelHost, body: Readonly<Record<string, unknown>>): unknown {
  if (host.state !== 'inactive')
    throw new EngineFault(503, 'This node is already part of a swarm. Use "docker swarm leave" to leave.');
  const id = `cluster${next(world)}`;
  const swarm: ModelSwarm = {
    id,
    nodes: {},
    services: {},
    networks: {},
    secrets: {},
    configs: {},
    tasks: [],
  };
  world.swarms[id] = swarm;
  addNode(world, host, swarm, 'manager', body.AdvertiseAddr);
  const Id = `net${next(world)}`;
  swarm.networks[Id] = { Id, Name: 'ingress', Scope: 'swarm', Driver: 'overlay', Labels: {} };
  return host.nodeId;
}

interface JoinBody {
  readonly RemoteAddrs?: readonly string[];
  readonly JoinToken?: string;
  readonly AdvertiseAddr?: string;
}

export function joinSwarm(world: World, host: ModelHost, body: JoinBody): void {
  if (host.state !== 'inactive')
    throw new EngineFault(503, 'This node is already part of a swarm. Use "docker swarm leave" to leave.');
  // The Engine takes the first address alone.
  const [first = ''] = body.RemoteAddrs ?? [];
  const swarm = Object.values(world.swarms).find((each) =>
    managersOf(each).some(({ address, reachable }) => reachable && `${address}:2377` === first),
  );
  if (swarm === undefined) throw new EngineFault(503, `could not find a manager at ${first}`);
  const role = (['worker', 'manager'] as const).find((each) => body.JoinToken === tokenOf(swarm.id, each));
  if (role === undefined) throw new EngineFault(400, 'invalid join token');
  addNode(world, host, swarm, role, body.AdvertiseAddr);
  schedule(world, swarm);
}

function addNode(
  world: World,
  host: ModelHost,
  swarm: ModelSwarm,
  role: ModelNode['role'],
  advertise: unknown,
) {
  const id = `node${next(world)}`;
  const given = typeof advertise === 'string' ? advertise.replace(/:\d+$/, '') : '';
  swarm.nodes[id] = {
    id,
    hostname: host.hostname,
    address: /^\d/.test(given) ? given : host.address,
    role,
    state: 'ready',
    availability: 'active',
    labels: {},
    name: '',
    version: next(world),
    reachable: true,
  };
  Object.assign(host, { state: 'active', swarm: swarm.id, nodeId: id });
}

export function leaveSwarm(world: World, host: ModelHost, isForced: boolean): void {
  if (host.state === 'inactive') throw new EngineFault(503, 'This node is not part of a swarm');
  if (host.state === 'locked' && !isForced) throw new EngineFault(503, 'Swarm is encrypted and locked');
  const swarm = managedBy(world, host);
  if (swarm !== undefined && !isForced)
    throw new EngineFault(
      503,
      'You are attempting to leave the swarm on a node that is participating as a manager.',
    );
  const of = world.swarms[host.swarm ?? ''];
  const node = of?.nodes[host.nodeId ?? ''];
  if (of !== undefined && node !== undefined) {
    // What is left of a swarm without managers nobody can tell of.
    if (swarm !== undefined && managersOf(of).length === 1) delete world.swarms[of.id];
    else Object.assign(node, { state: 'down', reachable: false, version: next(world) });
    schedule(world, of);
  }
  host.state = 'inactive';
  delete host.swarm;
  delete host.nodeId;
}

interface NodeBody {
  readonly Name?: string;
  readonly Labels?: Record<string, string> | null;
  readonly Role?: ModelNode['role'];
  readonly Availability?: ModelNode['availability'];
}

/** The whole spec is taken: what is left out is its default, or an error. */
export function updateNode(
  world: World,
  swarm: ModelSwarm,
  id: string,
  version: number,
  body: NodeBody,
): void {
  const node = nodeIn(swarm, id);
  if (node.version !== version) throw new EngineFault(500, 'rpc error: desc = update out of sequence');
  const { Role, Availability } = body;
  if (Role !== 'manager' && Role !== 'worker') throw new EngineFault(400, 'invalid Role');
  if (Availability === undefined) throw new EngineFault(400, 'invalid Availability');
  if (node.role === 'manager' && Role === 'worker' && managersOf(swarm).length === 1)
    throw new EngineFault(400, 'attempting to demote the last manager of the swarm');
  Object.assign(node, { role: Role, availability: Availability, version: next(world) });
  node.labels = body.Labels ?? {};
  node.name = body.Name ?? '';
  schedule(world, swarm);
}

export function removeNode(world: World, swarm: ModelSwarm, id: string, isForced: boolean): void {
  const node = nodeIn(swarm, id);
  if (node.role === 'manager')
    throw new EngineFault(400, `node ${id} is a cluster manager and is a member of the cluster`);
  if (node.state !== 'down' && !isForced)
    throw new EngineFault(400, `node ${id} is not down and can't be removed`);
  delete swarm.nodes[id];
  schedule(world, swarm);
}

/** By its id, or by a hostname that only it has. */
export function nodeIn(swarm: ModelSwarm, id: string): ModelNode {
  const own = Object.hasOwn(swarm.nodes, id) ? swarm.nodes[id] : undefined;
  const named = Object.values(swarm.nodes).filter(({ hostname }) => hostname === id);
  const node = own ?? (named.length === 1 ? named[0] : undefined);
  if (node === undefined) throw new EngineFault(404, `node ${id} not found`);
  return node;
}

export function listNodes(swarm: ModelSwarm): readonly object[] {
  return Object.values(swarm.nodes).map((node) => nodeAnswer(node, swarm));
}
