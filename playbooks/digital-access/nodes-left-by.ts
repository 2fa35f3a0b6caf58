import type { Host, Later } from 'dabook';
import { inSwarm, type Membership, type NodeId, type Swarm } from 'dabook/tasks';
import type { Node } from './installation.ts';

/** A worker, as it was when the run began. */
interface Seen {
  readonly host: Pick<Host<Node>, 'name' | 'vars'>;
  readonly membership: Membership;
}

/**
 * The nodes of the manager's swarm that workers leave behind: those of members that are about to leave, and
 * those of hosts that left when an earlier run was stopped. A node that has just left is listed as ready for a
 * moment, so one of the latter is known by its address, and by its host's name when it is Down.
 */
export function nodesLeftBy(workers: readonly Seen[], swarm: Swarm): readonly Later<NodeId>[] {
  const own = workers.filter(({ membership }) => inSwarm(membership, swarm));
  const ids = own.map(({ membership }) => membership.nodeId);
  const gone = workers.flatMap(({ host }) =>
    swarm.nodes.filter(
      ({ id, address, hostname, state }) =>
        id !== swarm.nodeId &&
        !ids.includes(id) &&
        (address === host.vars.ip || (state === 'down' && hostname === host.name)),
    ),
  );
  return [...new Set([...ids.filter((id) => id !== undefined), ...gone.map(({ id }) => id)])];
}
