import { show } from '../../show.ts';
import type { Membership } from './swarm-membership.ts';

/** The managers a node follows, for people: `manager 4kx… at 10.0.0.1:2377`. */
export function followedManagers(membership: Membership): string {
  if (membership.managers.length === 0) return 'managers that it does not name';
  return membership.managers
    .map(({ nodeId, address }) => `manager ${show(nodeId)} at ${show(address)}`)
    .join(', ');
}
