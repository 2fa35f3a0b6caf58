import { isIP } from 'node:net';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { docker } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { unknown } from '../../unknown.ts';
import { followedManagers } from './followed-managers.ts';
import { isSwarm, type Swarm } from './swarm.ts';
import { hostOf, withPort } from './swarm-address.ts';
import { type Membership, swarmMembership } from './swarm-membership.ts';

export interface SwarmInitArgs {
  /** IP address or network interface under which the other hosts reach this one; the engine's choice by default. */
  readonly advertise?: string;
  /** Where this manager listens, used only when the swarm is made; `0.0.0.0:2377` by default. */
  readonly listen?: string;
  /** IP address or interface of the traffic between containers, used only when the swarm is made; `advertise` by default. */
  readonly dataPath?: string;
}

/**
 * This host manages a swarm; its state is what others need to join it. A host that manages one already
 * stays as it is. In check mode the tokens of a swarm that is not made yet are unknown.
 * @throws DabookError `refused` for a worker, a locked manager, one without a leader or under another
 * address, and for a node that failed or is still on its way into some swarm
 * @example const { state: swarm } = await manager.run(swarmInit({ advertise: manager.vars.ip }))
 */
export function swarmInit(args: SwarmInitArgs = {}): Task<Swarm> {
  // What it finds may be any membership; what it leaves is always a swarm, as `want` says.
  return init(args) as Task<Swarm>;
}

const init = task('swarmInit', {
  rights: 'docker',
  title: ({ advertise }: SwarmInitArgs) => (advertise ? `make a swarm at ${advertise}` : 'make a swarm'),
  fact: () => swarmMembership,
  want: (now, args): Membership => {
    return now.state === 'inactive' ? newSwarm(now, args) : swarmOf(now, args);
  },
  steps: (now, _want, args) => (now.state === 'inactive' ? [initStep(args)] : []),
  settle: () => ({ timeout: 30 }),
  stuck: (now) => {
    if (now.state === 'error')
      return { reason: `the engine failed: ${now.error ?? 'it does not say why'}`, final: true };
    return { reason: `the node is ${now.state}${now.error ? `: ${now.error}` : ''}` };
  },
});

/**
 * The swarm that a host manages, from what it says of its membership: what `swarmInit` leaves where it is made already.
 * @throws DabookError `refused` as `swarmInit` does, and for a host that is in no swarm
 * @example const swarm = swarmOf(await manager.read(swarmMembership), { advertise: manager.vars.ip })
 */
export function swarmOf(membership: Membership, args: Pick<SwarmInitArgs, 'advertise'> = {}): Swarm {
  if (!isSwarm(membership)) throw refuseToInit(membership);
  refuseOtherAddress(membership, args);
  return membership;
}

function newSwarm({ hostname }: Membership, { advertise }: SwarmInitArgs): Swarm {
  return {
    state: 'active',
    ...(hostname === undefined ? {} : { hostname }),
    role: 'manager',
    nodeId: unknown('id of the first manager'),
    clusterId: unknown('id of the swarm'),
    address:
      advertise !== undefined && isAddress(advertise) ? withPort(advertise) : unknown('address of the swarm'),
    managers: [],
    tokens: { worker: unknown('worker join token'), manager: unknown('manager join token') },
    nodes: [],
  };
}

function initStep({ advertise, listen = '0.0.0.0:2377', dataPath }: SwarmInitArgs) {
  return docker('POST', '/swarm/init', {
    title: advertise ? `make a swarm at ${advertise}` : 'make a swarm',
    body: { ListenAddr: listen, AdvertiseAddr: advertise ?? '', DataPathAddr: dataPath ?? '', Spec: {} },
  });
}

function refuseToInit(now: Membership) {
  const error = now.error ? `: ${now.error}` : '';
  switch (now.state) {
    case 'inactive':
      return refuse('this host is in no swarm', 'make one first: swarmInit');
    case 'locked':
      return refuse('this host manages a swarm that is locked', 'unlock it on the host: docker swarm unlock');
    case 'error':
    case 'pending':
      return refuse(
        `this host is on its way into a swarm and did not get there (${now.state}${error})`,
        'run swarmLeave on it first',
      );
    default:
      if (now.role === 'manager') {
        return refuse(
          `this host manages a swarm that has no leader${error}`,
          'bring more of its managers back, or recover it on this host: docker swarm init --force-new-cluster',
        );
      }
      return refuse(
        `this host is a worker of a swarm; it follows ${followedManagers(now)}`,
        'name one of the managers of that swarm, or run swarmLeave on this host first',
      );
  }
}

/** An address is fixed once the swarm is made, so one that differs cannot be brought about. */
function refuseOtherAddress(now: Swarm, { advertise }: SwarmInitArgs): void {
  if (advertise === undefined || !isAddress(advertise)) return;
  const has = show(now.address);
  if (hostOf(has) === hostOf(advertise)) return;
  throw refuse(
    `this host manages a swarm at ${has}, not at ${advertise}; a manager's address cannot be changed`,
    `leave out advertise to keep it (swarmJoin takes \`via\` where workers reach the manager by another address), or make the swarm anew: swarmLeave({ destroySwarm: true }) first`,
  );
}

/** False for the name of an interface: which address it stands for only the host knows. */
function isAddress(advertise: string): boolean {
  return isIP(hostOf(advertise)) !== 0;
}
