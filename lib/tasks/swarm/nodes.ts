import { fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { followedManagers } from './followed-managers.ts';
import { foreseenNodes } from './foreseen-nodes.ts';
import type { NodeSpec } from './node-spec.ts';
import { swarmMembership } from './swarm-membership.ts';
import type { SwarmNode } from './swarm-node.ts';

/**
 * All nodes of the swarm that this host manages, those that are Down included. In check mode with
 * the labels and availabilities that earlier tasks foresee; a node that is yet to join is not among them.
 * @throws DabookError `refused` when this host does not manage a swarm, or one without a leader
 * @example const twins = staleTwins(await manager.read(nodes), node)
 */
export const nodes = fact<readonly SwarmNode[]>({
  key: ['swarm nodes'],
  read: async (ask) => {
    const membership = await ask.fact(swarmMembership);
    if (membership.nodes !== undefined) return asForeseen(membership.nodes, await ask.fact(foreseenNodes));
    if (membership.role === 'manager') {
      throw refuse(
        `the swarm that ${ask.host} manages has no leader: ${membership.error ?? 'the engine does not say why'}`,
      );
    }
    const why =
      membership.role === 'worker'
        ? `is a worker; it follows ${followedManagers(membership)}`
        : 'is in no swarm';
    throw refuse(`${ask.host} ${why}`, 'only a manager can list the nodes of a swarm');
  },
});

function asForeseen(all: readonly SwarmNode[], foreseen: readonly NodeSpec[]): readonly SwarmNode[] {
  return all.flatMap((node) => {
    const then = foreseen.find(({ id }) => id === node.id);
    if (then === undefined) return node;
    const { labels, availability = node.availability } = then;
    return then.listed ? { ...node, labels, availability } : [];
  });
}
