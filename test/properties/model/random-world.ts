import fc from 'fast-check';
import { labels, oddName } from '../words.ts';
import { type ModelHost, type ModelNode, type ModelSwarm, managersOf, next, type World } from './world.ts';

/** Hosts of every model. The first is a manager more often than not. */
const hostNames = ['ha1', 'ha2', 'ha3'] as const;
export const anyHost = fc.constantFrom(...hostNames);
export const mostlyManager = fc.constantFrom('ha1', 'ha1', 'ha1', 'ha1', ...hostNames);

/** The id of a node that a host lists, by a number; now and then of one that is nowhere. */
export function nodeSeenBy(world: World, on: string, pick: number): string {
  const ids = Object.keys(world.swarms[world.hosts[on]?.swarm ?? '']?.nodes ?? {});
  return (pick === 9 ? undefined : ids[pick % ids.length]) ?? 'gone';
}

const hostSketch = fc.record({
  hostname: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, oddName),
  place: fc.constantFrom(
    'none',
    'none',
    'first',
    'first',
    'first',
    'second',
    'pending',
    'error',
    'locked',
    'removed',
  ),
  role: fc.constantFrom('manager' as const, 'worker' as const),
  availability: fc.constantFrom('active' as const, 'active' as const, 'pause' as const, 'drain' as const),
  labels,
  name: fc.constantFrom('', '', 'nick'),
});

const stranger = fc.record({
  hostname: fc.constantFrom('ha1', 'ha2', 'other', 'größe', ''),
  address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.9.9.9', '0.0.0.0'),
  role: fc.constantFrom('manager' as const, 'worker' as const, 'worker' as const),
  state: fc.constantFrom('ready' as const, 'down' as const, 'down' as const, 'unknown' as const),
  availability: fc.constantFrom('active' as const, 'drain' as const),
  labels,
  isSecond: fc.boolean(),
});

export const worldSketch = fc.record({
  // Most tasks have to be run on a manager.
  hosts: fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: hostSketch.map((it) => ({ ...it, place: 'first', role: 'manager' as const })) },
      hostSketch,
    ),
    hostSketch,
    hostSketch,
  ),
  strangers: fc.array(stranger, { maxLength: 3 }),
});

type Sketch = typeof worldSketch extends fc.Arbitrary<infer S> ? S : never;

/**
 * The world of a sketch: three hosts, each in one of two swarms, in none, half in one, locked, or removed where it thinks
 * itself a node; and nodes of other hosts, down ones that these hosts left behind among them. Each swarm has a manager
 * and its quorum: without one every look would wait for seconds until there is a leader.
 */
export function createWorld({ hosts, strangers }: Sketch): World {
  const world: World = { hosts: {}, swarms: {}, index: 10, looks: 0 };
  const swarms = { first: emptySwarm('c-first'), second: emptySwarm('c-second') };
  for (const [index, sketch] of hosts.entries()) {
    const host: ModelHost = {
      hostname: sketch.hostname || (hostNames[index] ?? ''),
      address: `10.0.0.${index + 1}`,
      state: 'inactive',
      files: {},
      localNetworks: ['bridge', 'host', 'none'],
    };
    world.hosts[hostNames[index] ?? ''] = host;
    const { place } = sketch;
    if (place === 'none') continue;
    if (place === 'pending' || place === 'error' || place === 'locked') {
      Object.assign(host, { state: place, ...(sketch.name === '' ? {} : { nodeId: 'half' }) });
      continue;
    }
    const swarm = place === 'second' ? swarms.second : swarms.first;
    const nodeId = place === 'removed' ? `gone${index}` : `n${index + 1}`;
    Object.assign(host, { state: 'active', swarm: swarm.id, nodeId });
    if (place === 'removed') continue;
    const { hostname, address } = host;
    add(world, swarm, { ...sketch, hostname, address, id: nodeId, state: 'ready', reachable: true });
  }
  for (const [index, { isSecond, ...sketch }] of strangers.entries()) {
    const swarm = isSecond ? swarms.second : swarms.first;
    const node = { ...sketch, id: `s${index + 1}`, name: '', reachable: sketch.state === 'ready' };
    // A manager has an address of its own, by which it is joined at.
    add(world, swarm, node.role === 'manager' ? { ...node, address: `10.1.1.${index + 1}` } : node);
  }
  for (const swarm of Object.values(swarms)) {
    if (Object.keys(swarm.nodes).length === 0 && !isNeeded(world, swarm.id)) continue;
    secureQuorum(world, swarm);
    world.swarms[swarm.id] = swarm;
  }
  return world;
}

function isNeeded({ hosts }: World, id: string): boolean {
  return Object.values(hosts).some(({ swarm }) => swarm === id);
}

function secureQuorum(world: World, swarm: ModelSwarm): void {
  const [own] = Object.values(swarm.nodes).filter(({ id, state }) => id.startsWith('n') && state === 'ready');
  if (managersOf(swarm).length === 0) {
    if (own !== undefined) own.role = 'manager';
    else add(world, swarm, { ...lonely, id: `m-${swarm.id}`, role: 'manager', labels: {} });
  }
  const managers = managersOf(swarm);
  if (managers.filter(({ reachable }) => reachable).length > managers.length / 2) return;
  for (const manager of managers) Object.assign(manager, { state: 'ready', reachable: true });
}

const lonely = {
  hostname: 'far',
  address: '10.2.2.2',
  state: 'ready',
  availability: 'active',
  name: '',
  reachable: true,
} as const;

function add(world: World, swarm: ModelSwarm, sketch: Omit<ModelNode, 'version'> & { place?: string }): void {
  const { place: _, ...node } = sketch;
  swarm.nodes[node.id] = { ...node, labels: { ...node.labels }, version: next(world) };
}

function emptySwarm(id: string): ModelSwarm {
  const ingress = { Id: 'ingress-id', Name: 'ingress', Scope: 'swarm', Driver: 'overlay' };
  return {
    id,
    nodes: {},
    services: {},
    networks: { 'ingress-id': ingress },
    secrets: {},
    configs: {},
    tasks: [],
  };
}
