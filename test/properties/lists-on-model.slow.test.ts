// Lists of tasks on a model: the check of the whole list, in which each task sees what those before it would leave, names
// the tasks that then change something, and no others.
import fc from 'fast-check';
import t from 'tap';
import type { Host } from '../../lib/host.ts';
import type { Task } from '../../lib/task.ts';
import { stackDeploy, stackRemove } from '../../lib/tasks/stack/index.ts';
import {
  labelNode,
  nodeAvailability,
  swarmInit,
  swarmLeave,
  swarmMembership,
} from '../../lib/tasks/swarm/index.ts';
import { impatient, onModel } from './model/on-model.ts';
import { stackName, stackSketch, worldWithStack } from './model/random-stack.ts';
import { seen } from './model/world.ts';
import { holds } from './tried.ts';
import { expectEqual } from './truth.ts';

const kinds = {
  leave: () => swarmLeave({ destroySwarm: true, abandonNodes: true }),
  init: () => swarmInit(),
  label: async (host: Host) =>
    labelNode({ node: (await host.read(swarmMembership)).nodeId ?? 'none', labels: { listed: 'true' } }),
  drain: async (host: Host) =>
    nodeAvailability({ node: (await host.read(swarmMembership)).nodeId ?? 'none', availability: 'drain' }),
  deploy: () => stackDeploy({ name: stackName, files: ['app.yml'], dir: '/opt', wait: false }),
  remove: () => stackRemove({ name: stackName }),
} as const;

type Kind = keyof typeof kinds;
/** What one of them undoes is done again by the next run. */
const undoing: readonly Kind[] = ['leave', 'remove'];

holds(
  t,
  'the check of a list names what the run changes',
  fc.record({
    sketch: stackSketch,
    list: fc.array(fc.constantFrom(...(Object.keys(kinds) as Kind[])), { minLength: 2, maxLength: 5 }),
  }),
  async ({ sketch, list }) => {
    const world = worldWithStack(sketch);
    const run = async (check: boolean) => {
      const told = await onModel(
        world,
        async (hosts) => {
          const host = hosts.find(({ name }) => name === sketch.on) as Host;
          for (const kind of list) await host.run(impatient((await kinds[kind](host)) as Task<unknown>));
        },
        { check },
      );
      const statuses = told.statuses.map((status) => (status === 'would-change' ? 'changed' : status));
      return { statuses, error: told.error?.code, performed: told.performed };
    };
    const before = seen(world);
    const { performed: _, ...foreseen } = await run(true);
    expectEqual(before, seen(world), 'the check has changed something');
    const { performed: __, ...done } = await run(false);
    // What the scheduler or an update that failed before keeps from its end nobody can foresee.
    if (done.error === 'not-converged' && foreseen.error === undefined) return;
    expectEqual(foreseen, done, `the run of ${list.join(', ')} goes otherwise`);
    if (done.error !== undefined || list.some((kind) => undoing.includes(kind))) return;
    const again = await run(false);
    expectEqual([], again.performed, 'a second run does something');
  },
  12,
);
