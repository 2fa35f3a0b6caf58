import type { Later } from '../../unknown.ts';
import type { Membership } from './swarm-membership.ts';
import type { NodeId } from './swarm-node.ts';

/** A swarm as one of its managers knows it: what `swarmInit` leaves and `swarmJoin` takes. */
export interface Swarm extends Membership {
  readonly state: 'active';
  readonly role: 'manager';
  readonly nodeId: Later<NodeId>;
  readonly clusterId: Later<string>;
  readonly address: Later<string>;
  readonly tokens: NonNullable<Membership['tokens']>;
  readonly nodes: NonNullable<Membership['nodes']>;
}

/** True for a manager that can answer for its swarm: active, and with a leader. */
export function isSwarm(membership: Membership): membership is Swarm {
  return membership.role === 'manager' && membership.tokens !== undefined && membership.nodes !== undefined;
}
