import fc from 'fast-check';
import { secret } from '../../lib/secret.ts';
import type { Membership, NodeSpec, Swarm, SwarmNode } from '../../lib/tasks/swarm/index.ts';
import type { LabelledTask } from '../../lib/tasks/swarm/node-tasks.ts';
import { unknown } from '../../lib/unknown.ts';
import { given, labels, maybe, oddName } from './words.ts';

const id = fc.constantFrom('n1', 'n2', 'n3', 'n4', 'x1', 'constructor');
const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '0.0.0.0', '', 'fd00::1', '127.0.0.1');
const place = fc.constantFrom('10.0.0.1:2377', '10.0.0.2:2377', '10.0.0.9:4444', '[fd00::1]:2377');
const role = fc.constantFrom('manager' as const, 'worker' as const);
const availability = fc.constantFrom('active' as const, 'pause' as const, 'drain' as const);
const state = fc.constantFrom(
  'ready' as const,
  'ready' as const,
  'down' as const,
  'unknown' as const,
  'disconnected' as const,
);

/** A node as managers list it: down, half a manager, without a name or an address. */
const swarmNode: fc.Arbitrary<SwarmNode> = fc
  .record({
    id,
    hostname: fc.oneof(fc.constant(''), oddName),
    address,
    role,
    state,
    availability,
    labels,
    version: fc.nat(),
    name: maybe(oddName),
    manager: maybe(fc.record({ address: place, reachable: fc.boolean(), leader: fc.boolean() })),
  })
  .map((node) => given(node) as SwarmNode);

/** Nodes of one swarm: each id once, hosts as often as they joined. */
const nodes = fc.uniqueArray(swarmNode, { maxLength: 5, selector: (node) => node.id });

/** A node by itself, or that there is none. */
export const nodeSpec: fc.Arbitrary<NodeSpec> = fc.oneof(
  { weight: 4, arbitrary: swarmNode.map((node) => ({ ...node, listed: true })) },
  id.map((id) => ({ id, listed: false, labels: {} })),
);

/** What tasks that node labels hold somewhere are held by. */
export const labelledTasks: fc.Arbitrary<readonly LabelledTask[]> = fc.array(
  fc.record({
    service: oddName,
    constraints: fc.array(
      fc.record({
        key: oddName.map((name) => `node.labels.${name}`),
        operator: fc.constantFrom('==' as const, '!=' as const),
        value: fc.constantFrom('', 'true', 'TRUE', 'x'),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  { maxLength: 3 },
);

const followed = fc.array(fc.record({ nodeId: id, address: place }), { maxLength: 3 });
const error = maybe(fc.constantFrom('', 'bad certificate', 'context deadline exceeded'));
const clusterId = fc.constantFrom('c1', 'c2');

function tokensOf(cluster: string) {
  return {
    worker: secret('worker join token', `W-${cluster}`),
    manager: secret('manager join token', `M-${cluster}`),
  };
}

const inNone = fc.record({ state: fc.constant('inactive' as const), managers: fc.constant([]), error });
const onItsWay = fc.record({
  state: fc.constantFrom('pending' as const, 'error' as const, 'locked' as const),
  nodeId: maybe(id),
  managers: followed,
  error,
});
const worker = fc.record({
  state: fc.constant('active' as const),
  role: fc.constant('worker' as const),
  nodeId: id,
  managers: followed,
  error,
});
const leaderless = worker.map((it) => ({ ...it, role: 'manager' as const }));

/** A manager that answers for its swarm: of one node or more, itself among them but for an odd moment. */
export const managing: fc.Arbitrary<Swarm> = fc
  .record({ own: swarmNode, nodes, managers: followed, clusterId, address: place, isOdd: fc.nat(9) })
  .map(({ own, nodes, isOdd, ...more }) => ({
    ...more,
    state: 'active' as const,
    role: 'manager' as const,
    nodeId: own.id,
    tokens: tokensOf(more.clusterId),
    nodes: isOdd === 0 ? nodes : [asManager(own), ...nodes.filter(({ id }) => id !== own.id)],
  }));

function asManager(node: SwarmNode): SwarmNode {
  const manager = { address: '10.0.0.1:2377', reachable: true, leader: true };
  return { ...node, role: 'manager', state: 'ready', manager: node.manager ?? manager };
}

/** All that a host may have to do with a swarm. */
export const membership: fc.Arbitrary<Membership> = fc
  .oneof(inNone, onItsWay, worker, leaderless, managing)
  .map((it) => given<Membership>(it as Membership));

/** A swarm to be joined: one that is there, or one that check mode foresees. */
export const swarmToJoin: fc.Arbitrary<Swarm> = fc.oneof(
  { weight: 3, arbitrary: managing },
  fc.constant(undefined).map(
    (): Swarm => ({
      state: 'active',
      role: 'manager',
      nodeId: unknown('id of the first manager'),
      clusterId: unknown('id of the swarm'),
      address: unknown('address of the swarm'),
      managers: [],
      tokens: { worker: unknown('worker join token'), manager: unknown('manager join token') },
      nodes: [],
    }),
  ),
);

export const swarmArbitraries = { id, role, availability };
