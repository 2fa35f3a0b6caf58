import { refuse } from 'dabook';
import { type Membership, type Swarm, swarmOf } from 'dabook/tasks';
import type { Installation, Node } from './installation.ts';

/**
 * The swarm of the manager, which is kept, with what others need to join it.
 * @param membership the manager's
 * @throws DabookError `refused` for a manager that is in no swarm, and where `swarmInit` refuses
 */
export function keptSwarm(
  manager: { readonly name: string; readonly vars: Pick<Node, 'ip'> },
  membership: Membership,
  { stack }: Pick<Installation, 'stack'>,
): Swarm {
  const { ip } = manager.vars;
  if (membership.state === 'inactive') {
    throw refuse(
      `its own installation does not run: ${manager.name}, the manager, is in no swarm`,
      `nothing was changed; start it as it was installed (docker swarm init --advertise-addr ${ip}, the labels of its node, docker stack deploy … ${stack}), or name another manager in the inventory`,
    );
  }
  return swarmOf(membership, { advertise: ip });
}
