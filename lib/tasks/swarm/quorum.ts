import type { SwarmNode } from './swarm-node.ts';

/** How many managers there are, and how many of them can be reached. */
export interface Quorum {
  readonly managers: number;
  readonly reachable: number;
  /** How many must be reachable for anything to be decided. */
  readonly needed: number;
}

/** The quorum of the managers in a list of nodes. */
export function quorumOf(nodes: readonly SwarmNode[]): Quorum {
  const managers = nodes.filter(isManager);
  return quorum(managers.length, managers.filter(({ manager }) => manager?.reachable).length);
}

/** Whether a node manages the swarm, or is about to: while the leader changes, its status as one is not told. */
export function isManager({ role, manager }: SwarmNode): boolean {
  return role === 'manager' || manager !== undefined;
}

/** What is left of a quorum when one reachable manager goes. */
export function withoutOne({ managers, reachable }: Quorum): Quorum {
  return quorum(managers - 1, reachable - 1);
}

/** True when enough managers are reachable. */
export function holds({ reachable, needed }: Quorum): boolean {
  return reachable >= needed;
}

function quorum(managers: number, reachable: number): Quorum {
  return { managers, reachable, needed: Math.floor(managers / 2) + 1 };
}
