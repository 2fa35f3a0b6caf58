import { type Host, refuse } from 'dabook';
import {
  inSwarm,
  type Joined,
  type Membership,
  type Swarm,
  type SwarmNode,
  stackRemove,
  staleTwins,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from 'dabook/tasks';

/**
 * Lets a host pass that is in no swarm, in this one already, or the manager of a swarm of its own with no
 * other node in it: that is the procedure's starting state. Refuses any other, before anything is stopped.
 * @throws DabookError `refused`
 */
export function refuseStranger(membership: Membership, swarm: Swarm): void {
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
  const others = otherNodes(membership.nodeId, nodes).length;
  if (others === 0) return;
  throw refuse(
    `this host manages another swarm with ${others} other ${others === 1 ? 'node' : 'nodes'}`,
    'nothing was stopped; take its other nodes out of that swarm first',
  );
}

/** The other nodes, without what this very host left behind when it was a member before. */
function otherNodes(nodeId: Membership['nodeId'], nodes: readonly SwarmNode[]): readonly SwarmNode[] {
  const self = nodes.find(({ id }) => id === nodeId);
  const own = self === undefined ? [] : [self, ...staleTwins(nodes, self)];
  return nodes.filter((node) => !own.includes(node));
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
