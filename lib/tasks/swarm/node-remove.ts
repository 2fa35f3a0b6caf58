import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { docker } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { foreseeNode } from './foreseen-nodes.ts';
import { type NodeSpec, nodeSpec } from './node-spec.ts';
import type { NodeId } from './swarm-node.ts';

export interface NodeRemoveArgs {
  /** By id: the node that took its place has the same hostname. */
  readonly node: NodeId;
  /** True to remove a node that is not Down too, such as a host that is lost for good. False by default. */
  readonly force?: boolean;
}

/**
 * The swarm no longer lists a node. Run it on a manager. Meant for what a host leaves behind when it
 * leaves or joins anew; a node that is gone already is fine.
 * @throws DabookError `refused` for a node that is not Down unless `force`, and for a manager
 * @example await manager.run(staleTwins(all, node).map(({ id }) => nodeRemove({ node: id })))
 */
export function nodeRemove(args: NodeRemoveArgs): Task<NodeSpec> {
  return remove(args);
}

/** Without its version, by which the swarm counts what it heard of the node: a plan would not hold for a minute. */
function removable(node: NodeId): Fact<NodeSpec> {
  return fact<NodeSpec>({
    key: ['swarm node to remove', node],
    read: async (ask) => {
      const { version: _, ...spec } = await ask.fact(nodeSpec(node));
      return spec;
    },
  });
}

const remove = task('nodeRemove', {
  rights: 'docker',
  title: ({ node }: NodeRemoveArgs) => `remove node ${node}`,
  fact: ({ node }) => removable(node),
  want: (now, { node, force = false }) => {
    if (!now.listed) return now;
    const called = `node ${node} (${now.hostname ?? 'no hostname'})`;
    if (now.role === 'manager') {
      throw refuse(`${called} is a manager`, `demote it first: docker node demote ${node}`);
    }
    if (now.state !== 'down' && !force) {
      const hint =
        now.state === 'ready'
          ? 'run swarmLeave on its host first, or give force: true if it shall lose its tasks'
          : 'wait until the swarm knows that it is Down, or give force: true if it is gone for good';
      throw refuse(`${called} is ${now.state}, not down`, hint);
    }
    // All that was told of it goes with it.
    return { id: now.id, listed: false, labels: {} };
  },
  steps: (now, _want, { node, force = false }) => [
    docker('DELETE', `/nodes/${node}?force=${force}`, {
      title: `remove node ${now.hostname ?? node}`,
      destroys: `node ${now.hostname ?? node} (${node}) of the swarm, with its labels`,
    }),
  ],
  endangers: ({ node }) => `node ${node} of the swarm, with its labels`,
  settle: () => ({ timeout: 10 }),
  foresees: (_now, want) => foreseeNode(want),
});
