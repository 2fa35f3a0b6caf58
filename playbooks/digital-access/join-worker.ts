import { type Host, refuse } from 'dabook';
import {
  inSwarm,
  type Joined,
  labelNode,
  type Membership,
  type Swarm,
  type SwarmHoldings,
  stackRemove,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from 'dabook/tasks';
import type { Node } from './installation.ts';

const nothing: SwarmHoldings = { nodes: [], services: [], configs: [], secrets: [] };

/** What a host leaves behind. */
export interface Leave {
  /** What its own swarm holds beside the installation's stack; nothing by default. */
  readonly holdings?: SwarmHoldings | undefined;
  /** The operator has said that the swarm may go, whatever it holds; false by default. */
  readonly mayGo?: boolean;
}

/**
 * Lets a host pass that is in no swarm, in this one already, or the manager of a swarm of its own with no
 * other node in it, and nothing of other stacks: that is the procedure's starting state. Refuses any other,
 * before anything is stopped.
 * @throws DabookError `refused`
 */
export function refuseStranger(
  membership: Membership,
  swarm: Swarm,
  { holdings = nothing, mayGo = false }: Leave = {},
): void {
  const { state, role, nodes, error = 'the engine does not say why' } = membership;
  if (state === 'inactive' || inSwarm(membership, swarm)) return;
  if (state === 'locked') {
    throw refuse(
      'this host is a locked manager of another swarm',
      'nothing was stopped; unlock it (docker swarm unlock), or take it out of that swarm: docker swarm leave --force',
    );
  }
  if (state === 'error') {
    throw refuse(
      `the engine of this host failed to start its swarm node: ${error}`,
      'nothing was stopped; mend that, or take the host out of its swarm: docker swarm leave --force',
    );
  }
  if (state === 'pending') {
    throw refuse(
      'this host is on its way into another swarm, whose managers it does not reach',
      'nothing was stopped; wait until it is in, or take it out of that swarm: docker swarm leave --force',
    );
  }
  if (role === 'worker') {
    const managers = membership.managers.map(({ address }) => address).join(', ');
    throw refuse(
      `this host is a worker of another swarm, whose managers are ${managers}`,
      'nothing was stopped; take the host out of that swarm first: docker swarm leave',
    );
  }
  if (nodes === undefined) {
    throw refuse(
      `this host manages another swarm, which has no leader, so that its other nodes cannot be seen: ${error}`,
      'nothing was stopped; bring more of its managers back, or take the host out of that swarm: docker swarm leave --force',
    );
  }
  if (mayGo) return;
  const held = [
    ...holdings.nodes.map((name) => `node ${name}`),
    ...holdings.services.map((name) => `service ${name}`),
    ...holdings.configs.map((name) => `config ${name}`),
    ...holdings.secrets.map((name) => `secret ${name}`),
  ];
  if (held.length === 0) return;
  throw refuse(
    `the swarm of this host, which it would leave for good, holds ${held.join(', ')}`,
    'nothing was stopped; take them out of that swarm first, or let them go: leave_force_ok: true for this host in the inventory',
  );
}

export interface JoinInput {
  readonly swarm: Swarm;
  readonly stack: string;
  /** Labels of the services of the installation, which are taken off before the node leaves. */
  readonly labels: readonly string[];
}

/** A worker leaves its own swarm, with what runs there, and joins this one. */
export async function joinWorker(
  worker: Host<Pick<Node, 'ip' | 'leave_force_ok'>>,
  { swarm, stack, labels }: JoinInput,
): Promise<Joined> {
  const membership = await worker.read(swarmMembership);
  if (membership.role === 'manager' && !inSwarm(membership, swarm)) {
    await worker.run([
      stackRemove({ name: stack }),
      labelNode({ node: membership.nodeId ?? '', name: worker.name, remove: labels }),
      swarmLeave({ destroySwarm: true, abandonNodes: worker.vars.leave_force_ok }),
    ]);
  }
  const { state } = await worker.run(swarmJoin({ swarm, advertise: worker.vars.ip }));
  return state;
}
