import { isKnown } from '../../unknown.ts';
import { isManager } from './quorum.ts';
import type { Swarm } from './swarm.ts';
import type { Membership } from './swarm-membership.ts';

/**
 * Whether a host is one of the nodes of this very swarm, as its manager listed them; not of any other, and
 * not one that was removed there and does not know it. Decided by ids, never by addresses: a manager that
 * made a new swarm still has its old address.
 * @example if (!inSwarm(await worker.read(swarmMembership), swarm)) await worker.run(stackRemove({ name }))
 */
export function inSwarm(membership: Membership, swarm: Swarm): boolean {
  const { state, nodeId, clusterId } = membership;
  if (state !== 'active' && state !== 'pending') return false;
  if (clusterId !== undefined) return clusterId === swarm.clusterId;
  if (nodeId === undefined) return false;
  // A node that check mode foresees is in no list yet.
  if (!isKnown(nodeId)) return follows(membership, swarm);
  return nodeId === swarm.nodeId || swarm.nodes.some(({ id }) => id === nodeId);
}

/** Whether a host follows a manager of this swarm: one who joined after the swarm was read does. */
export function follows(membership: Membership, swarm: Swarm): boolean {
  const own = [swarm.nodeId, ...swarm.nodes.filter(isManager).map(({ id }) => id)];
  return membership.managers.some(({ nodeId }) => own.includes(nodeId));
}
