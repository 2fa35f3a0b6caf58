import { fact } from '../../fact.ts';
import { task } from '../../task.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';
import { nodes } from './nodes.ts';
import type { NodeId, SwarmNode } from './swarm-node.ts';

export interface NodesReadyArgs {
  /** Ids of the nodes, by what to call them. */
  readonly nodes: Readonly<Record<string, Later<NodeId>>>;
  /** Seconds to wait until the managers hear of them; 30 by default. */
  readonly timeout?: number;
}

/** What the managers know of some nodes: their state, or that they take no tasks, or that they are not listed. */
export type NodeStates = Readonly<Record<string, SwarmNode['state'] | 'drained' | 'paused' | 'not listed'>>;

/**
 * Verifies that nodes are members of the swarm, ready, and take tasks; changes nothing. Run it on a manager. In
 * check mode it is unknown while a node is yet to join, unless another one is drained: that would fail.
 * @example nodesReady({ nodes: { ha2: joined.nodeId } })
 */
export const nodesReady = task('nodesReady', {
  rights: 'docker',
  title: (args: NodesReadyArgs) => `${Object.keys(args.nodes).join(', ')}: ready`,
  fact: (args) =>
    fact<NodeStates>({
      key: [
        'nodes ready',
        ...Object.entries(args.nodes).flatMap(([name, id]) => [name, isKnown(id) ? id : '']),
      ],
      read: async (ask) => {
        const all = await ask.fact(nodes);
        const known = Object.entries(args.nodes).filter(([, id]) => isKnown(id));
        const states = Object.fromEntries(
          known.map(([name, id]) => [name, shown(all.find((node) => node.id === id))]),
        );
        const isJoining = known.length < Object.keys(args.nodes).length;
        // What is set by hand stays, whoever joins; anything else only the apply can know.
        if (!isJoining || Object.values(states).some(isSet)) return states;
        return unknown('state of the nodes') as unknown as NodeStates;
      },
    }),
  want: (now) => Object.fromEntries(Object.keys(now).map((name) => [name, 'ready' as const])),
  steps: () => [],
  settle: ({ timeout = 30 }) => ({ timeout }),
  stuck: (now) => {
    const late = Object.entries(now).filter(([, state]) => state !== 'ready');
    const reason = late.map(([name, state]) => `${name} is ${state}`).join(', ');
    // Whoever did that has to undo it: it does not pass.
    if (!late.some(([, state]) => isSet(state))) return { reason };
    return {
      reason: `${reason}; to let it take tasks: docker node update --availability active`,
      final: true,
    };
  },
});

/** Somebody took it out of service. */
function isSet(state: NodeStates[string] | undefined): boolean {
  return state === 'drained' || state === 'paused';
}

function shown(node: SwarmNode | undefined): NodeStates[string] {
  if (node === undefined) return 'not listed';
  if (node.state !== 'ready' || node.availability === 'active') return node.state;
  return node.availability === 'drain' ? 'drained' : 'paused';
}
