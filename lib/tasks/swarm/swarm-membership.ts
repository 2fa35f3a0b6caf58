import { setTimeout as sleep } from 'node:timers/promises';
import { DabookError, messageOf } from '../../errors.ts';
import { type Ask, fact } from '../../fact.ts';
import { secret } from '../../secret.ts';
import type { Later } from '../../unknown.ts';
import type { JoinToken, Role } from './join-token.ts';
import { withPort } from './swarm-address.ts';
import { type NodeAnswer, type NodeId, type SwarmNode, swarmNode } from './swarm-node.ts';

/** What a host has to do with a swarm. */
export interface Membership {
  /**
   * - `inactive`: in no swarm
   * - `pending`: on its way into one, or not heard of by its managers since its engine started
   * - `active`: in one
   * - `error`: its engine failed to join or to start its node; see `error`
   * - `locked`: a manager of an autolocked swarm that waits for its unlock key
   */
  readonly state: 'inactive' | 'pending' | 'active' | 'error' | 'locked';
  /** The name that its Engine has in a swarm, now or when it joins one. */
  readonly hostname?: string;
  /** None while it is not active. */
  readonly role?: Role;
  readonly nodeId?: Later<NodeId>;
  /** The managers this node follows; a manager follows itself too. */
  readonly managers: readonly { readonly nodeId: Later<NodeId>; readonly address: Later<string> }[];
  /** The Engine's words for what is wrong. */
  readonly error?: string;

  // The rest is known to managers only, and only while they have a leader.

  readonly clusterId?: Later<string>;
  /** Where others join at this manager: `10.0.0.1:2377`. */
  readonly address?: Later<string>;
  readonly tokens?: {
    readonly worker: Later<JoinToken<'worker'>>;
    readonly manager: Later<JoinToken<'manager'>>;
  };
  readonly nodes?: readonly SwarmNode[];
}

interface InfoAnswer {
  readonly Name?: string;
  readonly Swarm?: InfoSwarm;
}

/** The part of the Engine API's answers that is read here; what does not apply is empty or missing. */
interface InfoSwarm {
  readonly LocalNodeState?: string;
  readonly ControlAvailable?: boolean;
  readonly NodeID?: string;
  readonly NodeAddr?: string;
  readonly Error?: string;
  readonly RemoteManagers?: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
}

interface SwarmAnswer {
  readonly ID: string;
  readonly JoinTokens: { readonly Worker: string; readonly Manager: string };
}

/**
 * A manager that is being demoted, or whose swarm is choosing a leader, cannot answer for its swarm for a
 * moment; that alone is no reason to refuse anything. Milliseconds between two looks.
 */
const pauses = [250, 500, 1000, 2000];

/**
 * What this host has to do with a swarm: one fact for all that changes it, so that in check mode a join
 * sees the leave before it.
 * @example const { state, role } = await host.read(swarmMembership)
 */
export const swarmMembership = fact<Membership>({
  key: ['swarm membership'],
  read: async (ask) => {
    let membership = await look(ask);
    for (const pause of pauses) {
      if (membership.role !== 'manager' || membership.nodes !== undefined) break;
      await sleep(pause);
      membership = await look(ask);
    }
    return membership;
  },
});

async function look(ask: Ask): Promise<Membership> {
  // All three at once, for one round trip: workers refuse the last two, which is thrown away.
  const [info, swarm, nodes] = await Promise.allSettled([
    ask.docker<InfoAnswer>('/info'),
    ask.docker<SwarmAnswer>('/swarm'),
    ask.docker<readonly NodeAnswer[]>('/nodes'),
  ]);
  if (info.status === 'rejected') throw info.reason;
  const answer = info.value?.Swarm;
  if (answer === undefined) {
    throw new DabookError('command', `the engine of ${ask.host} does not say whether it is in a swarm`, {
      hint: 'swarm tasks need Docker Engine 20.10 or later',
    });
  }
  const membership = ofNode(answer, info.value?.Name);
  if (membership.role !== 'manager') return membership;
  if (swarm.status === 'rejected') return { error: messageOf(swarm.reason), ...membership };
  if (nodes.status === 'rejected') return { error: messageOf(nodes.reason), ...membership };
  return { ...membership, ...ofManager(answer, swarm.value, nodes.value) };
}

function ofNode(answer: InfoSwarm, hostname: string | undefined): Membership {
  const state = (answer.LocalNodeState || 'inactive') as Membership['state'];
  return {
    state,
    ...(hostname ? { hostname } : {}),
    ...(state === 'active' ? { role: answer.ControlAvailable ? 'manager' : 'worker' } : {}),
    ...(answer.NodeID ? { nodeId: answer.NodeID } : {}),
    managers: (answer.RemoteManagers ?? []).map(({ NodeID, Addr }) => ({ nodeId: NodeID, address: Addr })),
    ...(answer.Error ? { error: answer.Error } : {}),
  };
}

function ofManager(
  info: InfoSwarm,
  swarm: SwarmAnswer | undefined,
  answers: readonly NodeAnswer[] = [],
): Partial<Membership> {
  if (swarm === undefined) return {};
  const nodes = answers.map(swarmNode);
  const self = nodes.find(({ id }) => id === info.NodeID);
  return {
    clusterId: swarm.ID,
    address: self?.manager?.address || withPort(info.NodeAddr ?? ''),
    tokens: {
      worker: secret('worker join token', swarm.JoinTokens.Worker),
      manager: secret('manager join token', swarm.JoinTokens.Manager),
    },
    nodes,
  };
}
