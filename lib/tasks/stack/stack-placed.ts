import { equal } from '../../equal.ts';
import { fact } from '../../fact.ts';
import { task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import type { NodeId } from '../swarm/swarm-node.ts';
import { stackTasks } from './stack-tasks.ts';

export interface StackPlacedArgs {
  readonly name: string;
  /** By the services' names in the compose files: the node or nodes that their tasks run on, and no other. */
  readonly on: Readonly<Record<string, Later<NodeId> | readonly Later<NodeId>[]>>;
  /** Seconds to wait for tasks to get there; 30 by default. */
  readonly timeout?: number | undefined;
}

/** Where services run, by their names in the compose files: `hostname (node id)`, in order. */
export interface StackPlacement {
  readonly services: Readonly<Record<string, readonly string[]>>;
  readonly hostnames: Readonly<Record<string, string>>;
}

/**
 * Verifies that services run where they belong; changes nothing. In check mode it is unknown when the stack
 * or the nodes are yet to come.
 * @example stackPlaced({ name: 'da', on: { policy: manager.nodeId, policy1: worker.nodeId } })
 */
export const stackPlaced = task('stackPlaced', {
  rights: 'docker',
  title: ({ name }: StackPlacedArgs) => `services of ${name} on their nodes`,
  fact: ({ name, on }) =>
    fact<Later<StackPlacement>>({
      // The nodes are part of the key: while one is not known there is nothing to compare with.
      key: [
        'stack placement',
        name,
        ...Object.entries(on).flatMap(([service, nodes]) => [service, ...[nodes].flat()]),
      ],
      read: async (ask) => {
        const tasks = await ask.fact(stackTasks(name));
        if (!isKnown(tasks)) return tasks;
        const { services, hostnames } = tasks;
        const placed = Object.keys(on).map((service) => {
          const nodes = (services[service] ?? []).map(({ nodeId }) => shown(nodeId, hostnames));
          return [service, [...new Set(nodes)].sort()] as const;
        });
        return { services: Object.fromEntries(placed), hostnames };
      },
    }),
  want: (now, { on }) => {
    if (!isKnown(now)) return now;
    const wanted = Object.entries(on).map(([service, nodes]) => {
      const ids = [nodes].flat().filter(isKnown) as readonly NodeId[];
      return [service, [...new Set(ids.map((id) => shown(id, now.hostnames)))].sort()] as const;
    });
    return { ...now, services: Object.fromEntries(wanted) };
  },
  steps: () => [],
  settle: ({ timeout = 30 }) => ({ timeout }),
  stuck: (now, want) => {
    if (!isKnown(now) || !isKnown(want)) return undefined;
    const misplaced = Object.keys(want.services).filter(
      (service) => !equal(now.services[service], want.services[service]),
    );
    const reasons = misplaced.map((service) => {
      const actual = now.services[service] ?? [];
      const where = actual.length === 0 ? 'runs nowhere' : `runs on ${actual.join(', ')}`;
      return `${service} ${where}, not on ${want.services[service]?.join(', ')}`;
    });
    return reasons.length === 0 ? undefined : { reason: reasons.join('; ') };
  },
});

function shown(nodeId: NodeId, hostnames: Readonly<Record<string, string>>): string {
  return `${hostnames[nodeId] ?? 'unknown node'} (${nodeId})`;
}
