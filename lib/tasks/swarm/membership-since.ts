import type { Fact } from '../../fact.ts';
import { type Membership, swarmMembership } from './swarm-membership.ts';

/**
 * The membership as a task sees it that looks more than once: a manager that cannot list its nodes lists
 * those that it last did. For seconds after its demotion it still calls itself a manager, and answers
 * nothing.
 */
export function membershipSince(): Fact<Membership> {
  const last = new Map<string, Membership['nodes']>();
  return {
    ...swarmMembership,
    read: async (ask) => {
      const now = await swarmMembership.read(ask);
      if (now.role === 'manager' && now.nodes === undefined) {
        const nodes = last.get(ask.host);
        return nodes === undefined ? now : { ...now, nodes };
      }
      last.set(ask.host, now.nodes);
      return now;
    },
  };
}

/** A membership, and the node's id when the task first looked: any other one is from a join since. */
export interface JoinState extends Membership {
  readonly former?: NonNullable<Membership['nodeId']>;
}

/**
 * The membership with the id that the host had at first. Without it, a node that has just joined could not
 * be told from one that was removed at its manager: the list that the swarm was read with names neither,
 * and both say of themselves that they are active and follow its managers.
 */
export function joinState(): Fact<JoinState> {
  const first = new Map<string, Membership['nodeId']>();
  const since = membershipSince();
  return {
    ...since,
    read: async (ask) => {
      const now = await since.read(ask);
      if (!first.has(ask.host)) first.set(ask.host, now.nodeId);
      const former = first.get(ask.host);
      return former === undefined ? now : { ...now, former };
    },
  };
}
