import type { DabookError } from '../../errors.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { isKnown } from '../../unknown.ts';
import { followedManagers } from './followed-managers.ts';
import { follows } from './in-swarm.ts';
import type { Role } from './join-token.ts';
import { refuseToLeave } from './leaving.ts';
import type { Swarm } from './swarm.ts';
import type { Membership } from './swarm-membership.ts';

const leaveFirst = 'run swarmLeave on it first, or give rejoin: true';

/**
 * Holds a host that is not in the swarm against what stands in the way of its joining.
 * @throws DabookError `refused` for a node of another swarm unless `rejoin`, for one that its manager no
 * longer lists, for a locked manager, and where its leaving would cost others their manager
 */
export function refuseToJoin(now: Membership, swarm: Swarm, rejoin: boolean): void {
  if (now.state === 'locked') {
    throw refuse('this host is a locked manager of some swarm', 'unlock it first: docker swarm unlock');
  }
  // Not in a swarm; or a join that never came to its end, which is undone without asking: nothing is lost.
  if (now.state === 'inactive' || now.nodeId === undefined) return;
  if (now.clusterId === undefined && follows(now, swarm)) {
    throw refuse(
      `this host follows a manager of that swarm, but is not among its nodes (${show(now.nodeId)}): it was removed there, or it joined after the swarm was read`,
      'run swarmLeave on it and join it anew; or read the swarm again with swarmInit, if it joined in this very run',
    );
  }
  if (!rejoin) throw otherSwarm(now, swarm);
  refuseToLeave(now, { destroySwarm: true });
}

function otherSwarm(now: Membership, swarm: Swarm): DabookError {
  const at = show(swarm.address);
  if (now.role === 'manager') {
    const nodes = now.nodes?.length ?? 0;
    const size = nodes === 0 ? 'that has no leader' : nodes === 1 ? 'as its only node' : `of ${nodes} nodes`;
    return refuse(`this host manages another swarm ${size}, not the one at ${at}`, leaveFirst);
  }
  const isFormer = isKnown(swarm.address) && now.managers.some(({ address }) => address === swarm.address);
  const why = isFormer ? `; the manager at ${at} has made a new swarm since` : `, not the one at ${at}`;
  const state = now.state === 'active' ? '' : ` (${now.state}${now.error ? `: ${now.error}` : ''})`;
  return refuse(
    `this host is a node of another swarm${state}: it follows ${followedManagers(now)}${why}`,
    leaveFirst,
  );
}

/**
 * Refuses a node that has the other role. Only where the manager lists it so, or it manages itself: one
 * that it did not list yet has just joined, and a manager's role comes into force a moment later.
 */
export function refuseOtherRole(now: Membership, swarm: Swarm, role: Role): void {
  const listed = swarm.nodes.find(({ id }) => id === now.nodeId);
  const justJoined = listed === undefined && now.role === 'worker';
  if (justJoined || listed?.role === role) return;
  throw refuse(
    `this host is a ${now.role} of that swarm, not a ${role}`,
    `change its role at a manager: docker node ${role === 'manager' ? 'promote' : 'demote'} ${show(now.nodeId)}`,
  );
}
