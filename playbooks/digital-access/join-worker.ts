import { type Host, refuse } from 'dabook';
import {
  inSwarm,
  type Joined,
  type Membership,
  type Swarm,
  stackRemove,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from 'dabook/tasks';

/**
 * Refuses a node of some other swarm. One that manages a swarm of its own, with no other node in it, is
 * none: that is the procedure's starting state.
 * @throws DabookError `refused`
 */
export function refuseStranger(membership: Membership, swarm: Swarm): void {
  if (membership.state !== 'active' || inSwarm(membership, swarm)) return;
  const managers = membership.managers.map(({ address }) => address).join(', ');
  if (membership.role === 'worker') {
    throw refuse(
      `this host is a worker of another swarm, whose managers are ${managers}`,
      'nothing was stopped; take the host out of that swarm first: docker swarm leave',
    );
  }
  const others = (membership.nodes?.length ?? 1) - 1;
  if (others === 0) return;
  throw refuse(
    `this host manages another swarm with ${others} other ${others === 1 ? 'node' : 'nodes'}`,
    'nothing was stopped; take its other nodes out of that swarm first',
  );
}

/** A worker leaves its own one-node swarm, with what runs there, and joins this one. */
export async function joinWorker(
  worker: Host<{ readonly ip: string }>,
  swarm: Swarm,
  stack: string,
): Promise<Joined> {
  const membership = await worker.read(swarmMembership);
  refuseStranger(membership, swarm);
  if (membership.role === 'manager') {
    await worker.run([stackRemove({ name: stack }), swarmLeave({ destroySwarm: true })]);
  }
  const { state } = await worker.run(swarmJoin({ swarm, advertise: worker.vars.ip }));
  return state;
}
