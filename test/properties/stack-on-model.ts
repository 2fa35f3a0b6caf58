import fc from 'fast-check';
import { namespaceLabel, scoped } from '../../lib/compose/namespace.ts';
import type { Task } from '../../lib/task.ts';
import {
  serviceRestart,
  stackDeploy,
  stackPlaced,
  stackRemove,
  stackSteady,
} from '../../lib/tasks/stack/index.ts';
import { serviceNames } from './model/random-compose.ts';
import { stackName, stackSketch, worldWithStack } from './model/random-stack.ts';
import { nodeSeenBy } from './model/random-world.ts';
import { type TruthIn, truthIn } from './model/truth-in.ts';
import type { World } from './model/world.ts';
import { given, maybe } from './words.ts';

const service = fc.constantFrom(...serviceNames);
const name = stackName;

/** Whether the scheduler finds no node for a task: then no run can bring its service about. */
function isShort({ swarms }: World): boolean {
  return Object.values(swarms).some(({ tasks }) => tasks.some(({ Status }) => Status.State === 'pending'));
}

/** All that belongs to nobody's stack, and all nodes. */
function apart({ swarms }: World): unknown {
  return Object.values(swarms).map(({ nodes, networks, secrets }) => ({
    nodes,
    networks: Object.values(networks).filter(({ Labels }) => Labels?.[namespaceLabel] === undefined),
    secrets: Object.values(secrets).filter(({ Spec }) => Spec.Labels[namespaceLabel] === undefined),
  }));
}

/** The tasks of stacks on a model of a swarm: of services that are there, half there, or changed by hand. */
export const stackOnModel: Readonly<Record<string, TruthIn>> = {
  stackDeploy: truthIn(
    fc.record({
      sketch: stackSketch,
      prune: maybe(fc.boolean()),
      resolveImage: maybe(fc.constantFrom('always' as const, 'changed' as const, 'never' as const)),
      wait: fc.constantFrom(undefined, undefined, true, false),
    }),
    ({ sketch, ...args }) => ({
      world: worldWithStack(sketch),
      on: sketch.on,
      task: () => stackDeploy({ ...args, name, files: ['app.yml'], dir: '/opt' }) as Task<unknown>,
      // Where tasks run the scheduler decides; how many of them do is not waited for with `wait: false`.
      beyond:
        args.wait === false
          ? /^(basis|tasks|services\.[^.]+\.(running|completed|updating))$/
          : /^(basis|tasks)$/,
      isHopeless: isShort,
      apart,
    }),
  ),

  stackRemove: truthIn(
    fc.record({ sketch: stackSketch, services: maybe(fc.uniqueArray(service)) }),
    ({ sketch, services }) => ({
      world: worldWithStack(sketch),
      on: sketch.on,
      task: () => stackRemove(given({ name, services })) as Task<unknown>,
      beyond: /^basis$/,
      apart,
    }),
  ),

  serviceRestart: truthIn(
    fc.record({ sketch: stackSketch, service, before: fc.nat(1) }),
    ({ sketch, service, before }) => ({
      world: worldWithStack(sketch),
      on: sketch.on,
      task: () => serviceRestart({ service: scoped(name, service), after: before }) as Task<unknown>,
      beyond: /^(basis|running)$/,
      isHopeless: isShort,
      apart,
    }),
  ),

  stackPlaced: truthIn(
    fc.record({
      sketch: stackSketch,
      places: fc.array(fc.record({ service, pick: fc.nat(9) }), { maxLength: 2 }),
    }),
    ({ sketch, places }) => {
      const world = worldWithStack(sketch);
      const on = Object.fromEntries(
        places.map(({ service, pick }) => [service, nodeSeenBy(world, sketch.on, pick)]),
      );
      // It changes nothing: tasks are where they should be, or not.
      return {
        world,
        on: sketch.on,
        task: () => stackPlaced({ name, on }) as Task<unknown>,
        isHopeless: () => true,
      };
    },
  ),

  stackSteady: truthIn(
    fc.record({ sketch: stackSketch, seconds: fc.constantFrom(0, 30, 7200) }),
    ({ sketch, seconds }) => ({
      world: worldWithStack(sketch),
      on: sketch.on,
      task: () => stackSteady({ name, seconds }) as Task<unknown>,
      isHopeless: () => true,
    }),
  ),
};
