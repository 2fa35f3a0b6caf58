import { refuse } from '../../refuse.ts';
import { docker, type Step } from '../../step.ts';
import { nodeUpdate } from './node-update.ts';
import { holds, isManager, quorumOf, withoutOne } from './quorum.ts';
import { staleTwins } from './stale-twins.ts';
import type { Membership } from './swarm-membership.ts';
import type { SwarmNode } from './swarm-node.ts';

/** What a host may destroy by leaving. */
export interface Leaving {
  /** The swarm itself, with its services, networks, secrets, configs and labels. False by default. */
  readonly destroySwarm?: boolean;
  /** The other nodes of a swarm whose last manager leaves. False by default. */
  readonly abandonNodes?: boolean;
}

/**
 * Holds a leave against what it would destroy.
 * @throws DabookError `refused` for the last manager unless told, and where the others would lose their quorum
 */
export function refuseToLeave(
  now: Membership,
  { destroySwarm = false, abandonNodes = false }: Leaving,
): void {
  if (now.state === 'locked' && !destroySwarm) {
    throw refuse(
      'this host is a locked manager: whether others would be left without one cannot be seen',
      'unlock it first (docker swarm unlock), or give destroySwarm: true',
    );
  }
  if (now.role !== 'manager') return;
  if (now.nodes === undefined) {
    if (destroySwarm && abandonNodes) return;
    throw refuse(
      `this host manages a swarm without a leader (${now.error ?? 'the engine does not say why'}): what its leaving would destroy cannot be seen`,
      'bring more of its managers back, or give destroySwarm: true and abandonNodes: true',
    );
  }
  if (otherManagers(now).length > 0) refuseWithoutQuorum(now, now.nodes);
  else refuseLastManager(now, { destroySwarm, abandonNodes });
}

function refuseLastManager(now: Membership, { destroySwarm, abandonNodes }: Leaving): void {
  const left = otherNodes(now);
  if (left.length > 0 && !abandonNodes) {
    const names = left.map(({ hostname, id, state }) => `${hostname} (${id}, ${state})`).join(', ');
    throw refuse(
      `this host is the last manager of a swarm that holds other nodes: ${names}`,
      'make one of them a manager first (docker node promote), remove those that are gone (nodeRemove), or give abandonNodes: true',
    );
  }
  if (!destroySwarm) {
    throw refuse(
      'this host is the last manager: its leaving destroys the swarm with its services, networks, secrets, configs and labels',
      'give destroySwarm: true if that is meant',
    );
  }
}

function refuseWithoutQuorum(now: Membership, nodes: readonly SwarmNode[]): void {
  if (selfOf(now)?.role === 'worker') return;
  const quorum = quorumOf(nodes);
  const left = withoutOne(quorum);
  if (holds(quorum) && holds(left)) return;
  const away = nodes.filter((node) => isManager(node) && !node.manager?.reachable);
  throw refuse(
    `of the swarm's ${quorum.managers} managers ${quorum.reachable} can be reached; without this one it would be ${left.reachable} of ${left.managers}, and ${left.needed} are needed`,
    `bring back ${away.map(({ hostname }) => hostname).join(', ')}, or demote what is gone for good (docker node demote)`,
  );
}

/**
 * The steps out of a swarm: those that can be done now. A manager among several is demoted first and
 * leaves, as a worker, in the next round.
 */
export function leaveSteps(now: Membership): readonly Step[] {
  if (now.state === 'inactive') return [];
  const destroys = destroyedBy(now);
  if (!leavesAtOnce(now)) {
    const self = selfOf(now);
    if (self === undefined || self.role === 'worker') return [];
    return [{ ...nodeUpdate({ ...self, role: 'worker' }, `demote node ${self.id}`), destroys }];
  }
  // Without force the Engine itself refuses to let a manager go; with it, it asks nothing.
  const force = now.role === 'manager' || now.state === 'locked';
  return [docker('POST', `/swarm/leave?force=${force}`, { title: 'leave the swarm', destroys })];
}

/** What nobody may get back after a leave of which no more is known. */
export const endangeredByLeaving =
  'the swarm of this host, with its services, networks, secrets, configs and labels, or its place there';

/** What nobody gets back after the leave. */
function destroyedBy(now: Membership): string | undefined {
  if (now.state === 'locked') return 'whatever the locked swarm of this host holds';
  // A join that never came to its end.
  if (now.nodeId === undefined) return undefined;
  if (now.role !== 'manager' || otherManagers(now).length > 0) {
    return 'its place in a swarm of other nodes, with its labels there';
  }
  const held = 'the swarm that it manages, with its services, networks, secrets, configs and labels';
  if (now.nodes === undefined) return `${held}, and other nodes that it may have`;
  const left = otherNodes(now);
  if (left.length === 0) return held;
  return `${held}; it leaves ${left.map(({ hostname }) => hostname).join(', ')} without a manager`;
}

/** False for a manager among several, which has to be demoted first. */
export function leavesAtOnce(now: Membership): boolean {
  return now.role !== 'manager' || otherManagers(now).length === 0;
}

function otherManagers(now: Membership): readonly SwarmNode[] {
  return (now.nodes ?? []).filter((node) => node.id !== now.nodeId && isManager(node));
}

/** The other nodes, without what this very host left behind when it was a member before. */
function otherNodes(now: Membership): readonly SwarmNode[] {
  const self = selfOf(now);
  const nodes = now.nodes ?? [];
  const own = self === undefined ? [] : staleTwins(nodes, self);
  return nodes.filter((node) => node.id !== now.nodeId && !own.includes(node));
}

function selfOf(now: Membership): SwarmNode | undefined {
  return now.nodes?.find(({ id }) => id === now.nodeId);
}
