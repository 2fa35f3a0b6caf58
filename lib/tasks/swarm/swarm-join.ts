import { DabookError } from '../../errors.ts';
import { show } from '../../show.ts';
import { type DockerStep, docker, type Step } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { type Later, unknown } from '../../unknown.ts';
import { follows, inSwarm } from './in-swarm.ts';
import type { JoinToken, Role } from './join-token.ts';
import { joiningNode } from './joining-node.ts';
import { endangeredByLeaving, leaveSteps, leavesAtOnce } from './leaving.ts';
import { type JoinState, joinState } from './membership-since.ts';
import { refuseOtherRole, refuseToJoin } from './refuse-to-join.ts';
import { isSwarm, type Swarm } from './swarm.ts';
import { withPort } from './swarm-address.ts';
import type { Membership } from './swarm-membership.ts';
import type { NodeId } from './swarm-node.ts';

interface Joining {
  /** The swarm as its manager knows it: the state of `swarmInit`. */
  readonly swarm: Swarm;
  /** IP address or interface under which the other nodes reach this host; the engine's choice by default. */
  readonly advertise?: string;
  /** Address of the manager to join at, where this host reaches it by another one than the swarm's own. */
  readonly via?: string;
  /** True to leave any other swarm first, which destroys it when this host is its only node. False by default. */
  readonly rejoin?: boolean;
}

/** A role goes with its own token only. Without a token the swarm's own for the role is taken. */
export type SwarmJoinArgs = Joining &
  (
    | { readonly role?: 'worker'; readonly token?: Later<JoinToken<'worker'>> }
    | { readonly role: 'manager'; readonly token?: Later<JoinToken<'manager'>> }
    | { readonly role?: Role; readonly token?: never }
  );

/** What a host is after it joined. */
export interface Joined extends Membership {
  readonly state: 'active';
  readonly role: Role;
  readonly nodeId: Later<NodeId>;
}

/**
 * This host is a node of that very swarm, in that role (worker by default). Managers join one after the
 * other: `play(…, { serial: 1 })`. Waits up to 60 s until the node is active.
 * @throws DabookError `refused` for a node of another swarm unless `rejoin`, for one that has another
 * role there, for a locked manager, and for one whose leaving would cost other nodes their manager
 * @example await play('Join', workers, (worker) => worker.run(swarmJoin({ swarm, advertise: worker.vars.ip })))
 */
export function swarmJoin(args: SwarmJoinArgs): Task<Joined> {
  const { swarm } = args;
  // Outside of --limit nothing is made: then the state of swarmInit is what it found.
  if (!isSwarm(swarm)) {
    throw new DabookError('refused', 'there is no swarm to join: its manager does not manage one', {
      hint: 'run swarmInit on the manager first, and leave it within --limit',
    });
  }
  // What it finds may be any membership; what it leaves is always a node, as `want` says.
  return join(args) as Task<Joined>;
}

const join = task('swarmJoin', {
  rights: 'docker',
  title: ({ swarm, role = 'worker', via }: SwarmJoinArgs) =>
    `join the swarm at ${via ?? show(swarm.address)} as ${role}`,
  fact: joinState,
  want: (now, args): JoinState => {
    const { swarm, role = 'worker' } = args;
    if (!isNode(now, swarm)) {
      refuseToJoin(now, swarm, args.rejoin ?? false);
      return newNode(now, swarm, role);
    }
    if (now.state === 'pending') return { ...now, state: 'active', role };
    if (now.role === role) return now;
    refuseOtherRole(now, swarm, role);
    return { ...now, role };
  },
  steps: (now, _want, args): readonly Step[] => {
    // One of its nodes that is not active yet, or not yet a manager: to be waited for.
    if (isNode(now, args.swarm)) return [];
    return leavesAtOnce(now) ? [...leaveSteps(now), joinStep(args)] : leaveSteps(now);
  },
  endangers: ({ rejoin }) => (rejoin ? endangeredByLeaving : undefined),
  settle: () => ({ timeout: 60 }),
  stuck: (now, _want, { swarm, via, role = 'worker' }) => {
    const manager = via ?? show(swarm.address);
    if (now.state === 'error') return { reason: now.error ?? 'the engine does not say why', final: true };
    if (now.state === 'active') return { reason: `the node is active, but a ${now.role} and not a ${role}` };
    return {
      reason: `the node is ${now.state}${now.error ? `: ${now.error}` : ''}; is port 2377/tcp of ${manager} open to this host, and do their clocks agree?`,
    };
  },
});

/** True for a node that the manager listed, and for one that has joined since. */
function isNode(now: JoinState, swarm: Swarm): boolean {
  if (inSwarm(now, swarm)) return true;
  const isNew = now.nodeId !== undefined && now.nodeId !== now.former;
  return isNew && (now.state === 'active' || now.state === 'pending') && follows(now, swarm);
}

function newNode({ former, hostname }: JoinState, swarm: Swarm, role: Role): JoinState {
  return {
    ...(former === undefined ? {} : { former }),
    state: 'active',
    ...(hostname === undefined ? {} : { hostname }),
    role,
    nodeId: joiningNode(hostname),
    managers: [{ nodeId: swarm.nodeId, address: swarm.address }],
    ...(role === 'manager'
      ? {
          clusterId: swarm.clusterId,
          address: unknown('address of the manager'),
          tokens: swarm.tokens,
          nodes: swarm.nodes,
        }
      : {}),
  };
}

function joinStep({ swarm, role = 'worker', token, advertise, via }: SwarmJoinArgs): DockerStep {
  const first = via === undefined ? swarm.address : withPort(via);
  const others = swarm.nodes.flatMap(({ manager }) => (manager?.reachable ? [manager.address] : []));
  return docker('POST', '/swarm/join', {
    title: `join the swarm at ${show(first)} as ${role}`,
    hint: `is port 2377/tcp of ${show(first)} open to this host, and do their clocks agree?`,
    body: {
      ListenAddr: '0.0.0.0:2377',
      AdvertiseAddr: advertise ?? '',
      RemoteAddrs: [first, ...others.filter((address) => address !== first)],
      JoinToken: token ?? swarm.tokens[role],
    },
  });
}
