import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { type Task, task } from '../../task.ts';
import type { Later } from '../../unknown.ts';
import { foreseeNode } from './foreseen-nodes.ts';
import { type NodeSpec, nodeSpec } from './node-spec.ts';
import { nodeUpdate } from './node-update.ts';
import type { NodeId, SwarmNode } from './swarm-node.ts';

export interface NodeAvailabilityArgs {
  /** By id, never by hostname: a host that joined again is listed twice under its name. */
  readonly node: Later<NodeId>;
  /** `active`: takes tasks; `pause`: keeps those it has and takes no new ones; `drain`: gives its tasks away. */
  readonly availability: SwarmNode['availability'];
  /** What to call the node in the title; its id by default. */
  readonly name?: string;
}

/**
 * Whether a node takes tasks. Run it on a manager. Decided anew when somebody else wrote at the same time.
 * That a drained node's tasks are gone is not waited for: their services say so (`stackPlaced`).
 * @throws DabookError `refused` when the swarm has no such node
 * @example await manager.run(nodeAvailability({ node: worker.nodeId, availability: 'drain' }))
 */
export function nodeAvailability(args: NodeAvailabilityArgs): Task<NodeSpec> {
  return setAvailability(args);
}

const verbs = { active: 'activate', pause: 'pause', drain: 'drain' } as const;

const setAvailability = task('nodeAvailability', {
  rights: 'docker',
  title: ({ node, name, availability }: NodeAvailabilityArgs) =>
    `${verbs[availability]} node ${name ?? show(node)}`,
  fact: ({ node }) => nodeSpec(node),
  want: (now, { node, availability, name }) => {
    if (!now.listed) {
      const called = name === undefined ? show(node) : `${name} (${show(node)})`;
      throw refuse(
        `the swarm has no node ${called}`,
        'a node that leaves and joins again has a new id: take it from the state of swarmJoin, or from findNode',
      );
    }
    return { ...now, availability };
  },
  steps: (_now, want) => [
    nodeUpdate(want, `set node ${want.hostname ?? show(want.id)} to ${want.availability}`),
  ],
  foresees: (_now, want) => foreseeNode(want),
});
