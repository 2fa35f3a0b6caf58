import fc from 'fast-check';
import type { Task } from '../../lib/task.ts';
import {
  labelNode,
  nodeAvailability,
  nodeRemove,
  nodesReady,
  type Swarm,
  swarmInit,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from '../../lib/tasks/swarm/index.ts';
import { anyHost, createWorld, mostlyManager, nodeSeenBy, worldSketch } from './model/random-world.ts';
import { type TruthIn, truthIn } from './model/truth-in.ts';
import type { World } from './model/world.ts';
import { given, labelName, labels, maybe } from './words.ts';

const pick = fc.nat(9);

/** Of all nodes but one everything, and of that one what a task does not look after. */
function apart(id: string, own: 'labels' | 'availability' | undefined) {
  return (world: World) =>
    Object.values(world.swarms).map(({ nodes, services }) => ({
      services,
      nodes: Object.values(nodes)
        .filter((node) => own !== undefined || node.id !== id)
        .map(({ version: _, ...node }) => (node.id === id && own ? { ...node, [own]: undefined } : node)),
    }));
}

/** The tasks of swarms on a model of hosts and their Engines. */
export const swarmOnModel: Readonly<Record<string, TruthIn>> = {
  swarmInit: truthIn(
    fc.record({
      sketch: worldSketch,
      on: anyHost,
      advertise: maybe(fc.constantFrom('10.0.0.1', '10.0.0.2', 'eth0')),
    }),
    ({ sketch, on, advertise }) => ({
      world: createWorld(sketch),
      on,
      task: () => swarmInit(given({ advertise })) as Task<unknown>,
      // A swarm that is yet to be made lists nobody in check mode.
      beyond: /^(managers|nodes)$/,
    }),
  ),

  swarmJoin: truthIn(
    fc.record({
      sketch: worldSketch,
      on: anyHost,
      at: mostlyManager,
      role: maybe(fc.constantFrom('manager' as const, 'worker' as const)),
      rejoin: maybe(fc.boolean()),
      isVia: fc.boolean(),
    }),
    ({ sketch, on, at, role, rejoin, isVia }) => {
      const world = createWorld(sketch);
      return {
        world,
        on,
        task: async (hosts) => {
          const swarm = (await hosts[at]?.read(swarmMembership)) as Swarm;
          const via = isVia ? world.hosts[at]?.address : undefined;
          return swarmJoin(given({ swarm, role, rejoin, via }) as never) as Task<unknown>;
        },
        beyond: /^(managers|nodes)$/,
      };
    },
  ),

  swarmLeave: truthIn(
    fc.record({
      sketch: worldSketch,
      on: anyHost,
      destroySwarm: maybe(fc.boolean()),
      abandonNodes: maybe(fc.boolean()),
    }),
    ({ sketch, on, ...args }) => ({
      world: createWorld(sketch),
      on,
      task: () => swarmLeave(given(args)) as Task<unknown>,
    }),
  ),

  labelNode: truthIn(
    fc.record({
      sketch: worldSketch,
      on: mostlyManager,
      pick,
      labels: maybe(labels),
      remove: fc.uniqueArray(labelName, { maxLength: 2 }),
      exact: maybe(fc.boolean()),
    }),
    ({ sketch, on, pick, remove, ...args }) => {
      const world = createWorld(sketch);
      const node = nodeSeenBy(world, on, pick);
      const own = args.labels ?? {};
      const others = remove.filter((name) => !Object.hasOwn(own, name));
      return {
        world,
        on,
        task: () => labelNode(given({ ...args, node, remove: others })) as Task<unknown>,
        beyond: /^version$/,
        apart: apart(node, 'labels'),
      };
    },
  ),

  nodeAvailability: truthIn(
    fc.record({
      sketch: worldSketch,
      on: mostlyManager,
      pick,
      availability: fc.constantFrom('active' as const, 'pause' as const, 'drain' as const),
    }),
    ({ sketch, on, pick, availability }) => {
      const world = createWorld(sketch);
      const node = nodeSeenBy(world, on, pick);
      return {
        world,
        on,
        task: () => nodeAvailability({ node, availability }) as Task<unknown>,
        beyond: /^version$/,
        apart: apart(node, 'availability'),
      };
    },
  ),

  nodeRemove: truthIn(
    fc.record({ sketch: worldSketch, on: mostlyManager, pick, force: maybe(fc.boolean()) }),
    ({ sketch, on, pick, force }) => {
      const world = createWorld(sketch);
      const node = nodeSeenBy(world, on, pick);
      return {
        world,
        on,
        task: () => nodeRemove(given({ node, force })) as Task<unknown>,
        apart: apart(node, undefined),
      };
    },
  ),

  nodesReady: truthIn(
    fc.record({ sketch: worldSketch, on: mostlyManager, picks: fc.array(pick, { maxLength: 3 }) }),
    ({ sketch, on, picks }) => {
      const world = createWorld(sketch);
      const ids = picks.map((pick) => nodeSeenBy(world, on, pick));
      return {
        world,
        on,
        task: () => nodesReady({ nodes: Object.fromEntries(ids.map((id) => [id, id])) }) as Task<unknown>,
        // It changes nothing: nodes are ready or not.
        isHopeless: () => true,
      };
    },
  ),
};
