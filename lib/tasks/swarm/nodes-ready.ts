import { fact } from '../../fact.ts';
import { task } from '../../task.ts';
import type { Later } from '../../unknown.ts';
import { nodes } from './nodes.ts';
import type { NodeId, SwarmNode } from './swarm-node.ts';

export interface NodesReadyArgs {
  /** Ids of the nodes, by what to call them. */
  readonly nodes: Readonly<Record<string, Later<NodeId>>>;
  /** Seconds to wait until the managers hear of them; 30 by default. */
  readonly timeout?: number;
}

/** What the managers know of some nodes: their state, or that they do not list them. */
export type NodeStates = Readonly<Record<string, SwarmNode['state'] | 'not listed'>>;

/**
 * Verifies that nodes are members of the swarm and ready; changes nothing. Run it on a manager. In check
 * mode it is skipped while a node is yet to join.
 * @example nodesReady({ nodes: { ha2: joined.nodeId } })
 */
export const nodesReady = task('nodesReady', {
  title: (args: NodesReadyArgs) => `${Object.keys(args.nodes).join(', ')}: ready`,
  fact: (args) =>
    fact<NodeStates>({
      key: ['nodes ready', ...Object.entries(args.nodes).flat()],
      read: async (ask) => {
        const all = await ask.fact(nodes);
        const stateOf = (id: Later<NodeId>) => all.find((node) => node.id === id)?.state ?? 'not listed';
        return Object.fromEntries(Object.entries(args.nodes).map(([name, id]) => [name, stateOf(id)]));
      },
    }),
  want: (now) => Object.fromEntries(Object.keys(now).map((name) => [name, 'ready' as const])),
  steps: () => [],
  settle: ({ timeout = 30 }) => ({ timeout }),
  stuck: (now) => {
    const late = Object.entries(now).filter(([, state]) => state !== 'ready');
    return { reason: late.map(([name, state]) => `${name} is ${state}`).join(', ') };
  },
});
