import { type Host, refuse } from 'dabook';
import { type Swarm, swarmInit, swarmMembership } from 'dabook/tasks';
import type { Installation, Node } from './installation.ts';

/**
 * The swarm of the manager, which is kept, with what others need to join it. Changes nothing.
 * @throws DabookError `refused` for a manager that is in no swarm, and where `swarmInit` refuses
 */
export async function keptSwarm(manager: Host<Node>, { stack }: Pick<Installation, 'stack'>): Promise<Swarm> {
  const { ip } = manager.vars;
  const { state } = await manager.read(swarmMembership);
  if (state === 'inactive') {
    throw refuse(
      `its own installation does not run: ${manager.name}, the manager, is in no swarm`,
      `nothing was changed; start it as it was installed (docker swarm init --advertise-addr ${ip}, the labels of its node, docker stack deploy … ${stack}), or name another manager in the inventory`,
    );
  }
  const { state: swarm } = await manager.run(swarmInit({ advertise: ip }));
  return swarm;
}
