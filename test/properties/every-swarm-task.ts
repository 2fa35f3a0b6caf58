import fc from 'fast-check';
import type { Task } from '../../lib/task.ts';
import {
  labelNode,
  nodeAvailability,
  nodeRemove,
  nodesReady,
  swarmInit,
  swarmJoin,
  swarmLeave,
} from '../../lib/tasks/swarm/index.ts';
import { held } from '../../lib/tasks/swarm/label-node.ts';
import { unknown } from '../../lib/unknown.ts';
import { type Lawful, lawfulIn } from './lawful-in.ts';
import {
  labelledTasks,
  managing,
  membership,
  nodeSpec,
  swarmArbitraries,
  swarmToJoin,
} from './swarm-states.ts';
import { given, labelName, labels, maybe, oddName } from './words.ts';

const { id, role, availability } = swarmArbitraries;

/** What holds for the tasks of swarms, in states as facts give them. */
export const swarmLaws: Readonly<Record<string, Lawful>> = {
  swarmInit: lawfulIn(
    fc.record({
      args: fc.record({
        advertise: maybe(fc.constantFrom('10.0.0.1', '10.0.0.2:2377', 'fd00::1', 'eth0', '')),
        listen: maybe(fc.constant('0.0.0.0:4444')),
        dataPath: maybe(fc.constant('eth1')),
      }),
      now: membership,
    }),
    ({ args, now }) => ({ task: swarmInit(given(args) as object) as Task<unknown>, now }),
  ),

  swarmJoin: lawfulIn(
    fc.record({
      args: fc.record({
        swarm: swarmToJoin,
        role: maybe(role),
        advertise: maybe(fc.constant('10.0.0.7')),
        via: maybe(fc.constantFrom('10.0.0.9', 'gate:9', 'fd00::9')),
        rejoin: maybe(fc.boolean()),
      }),
      now: membership,
      former: maybe(id),
    }),
    ({ args, now, former }) => ({
      task: swarmJoin(given(args) as never) as Task<unknown>,
      now: given({ ...now, former }),
      args: args.swarm,
    }),
  ),

  swarmLeave: lawfulIn(
    fc.record({
      args: fc.record({ destroySwarm: maybe(fc.boolean()), abandonNodes: maybe(fc.boolean()) }),
      now: fc.oneof(membership, managing),
    }),
    ({ args, now }) => ({ task: swarmLeave(given(args) as object) as Task<unknown>, now }),
  ),

  labelNode: lawfulIn(
    fc.record({
      labels: maybe(labels),
      remove: maybe(fc.uniqueArray(labelName, { maxLength: 3 })),
      exact: maybe(fc.boolean()),
      name: maybe(oddName),
      now: nodeSpec,
      tasks: maybe(labelledTasks),
      isKnown: fc.nat(9),
    }),
    ({ now, tasks, isKnown, remove, ...args }) => {
      const node = isKnown === 0 ? unknown('id of the node') : now.id;
      const own = new Set(Object.keys(args.labels ?? {}));
      const others = remove?.filter((name) => !own.has(name));
      return {
        task: labelNode(given({ ...args, remove: others, node }) as never) as Task<unknown>,
        now:
          isKnown === 0
            ? { id: node, listed: true, labels: {} }
            : { ...now, ...(tasks === undefined ? {} : { [held]: tasks }) },
      };
    },
  ),

  nodeAvailability: lawfulIn(
    fc.record({ availability, name: maybe(oddName), now: nodeSpec, isKnown: fc.nat(9) }),
    ({ now, isKnown, ...args }) => {
      const node = isKnown === 0 ? unknown('id of the node') : now.id;
      return {
        task: nodeAvailability(given({ ...args, node }) as never) as Task<unknown>,
        now: isKnown === 0 ? { id: node, listed: true, labels: {} } : now,
      };
    },
  ),

  nodeRemove: lawfulIn(fc.record({ force: maybe(fc.boolean()), now: nodeSpec }), ({ force, now }) => ({
    task: nodeRemove(given({ node: now.id as string, force }) as never) as Task<unknown>,
    now,
  })),

  nodesReady: lawfulIn(
    fc.dictionary(
      oddName,
      fc.constantFrom(
        'ready' as const,
        'down' as const,
        'unknown' as const,
        'disconnected' as const,
        'drained' as const,
        'paused' as const,
        'not listed' as const,
      ),
      { noNullPrototype: true },
    ),
    (now) => ({
      task: nodesReady({
        nodes: Object.fromEntries(Object.keys(now).map((name) => [name, `id-${name}`])),
      }) as Task<unknown>,
      now,
    }),
  ),
};
