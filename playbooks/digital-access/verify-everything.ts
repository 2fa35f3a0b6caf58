import type { Play } from 'dabook';
import { nodesReady, stackDeploy, swarmJoin } from 'dabook/tasks';
import { answeringPorts, portTasks } from './answering-ports.ts';
import { composeTasks } from './compose-tasks.ts';
import { mendDatabase } from './deploy-services.ts';
import { labelMembers } from './label-members.ts';
import { placementTasks } from './placement-tasks.ts';
import type { Preflight } from './preflight.ts';
import { tasksOf } from './service-setup.ts';
import type { Site } from './site.ts';

/**
 * Holds an installation in which nothing is about to change against its description: all tasks of the way to it, in
 * one list for each node, and the verification behind them. One of them that has something to do all the same, since
 * somebody was at it meanwhile, does it.
 */
export async function verifyEverything(
  site: Site,
  { compose, swarm, members, setups, admin }: Preflight,
  { play, check }: { readonly play: Play; readonly check: boolean },
): Promise<void> {
  const { manager, workers, services, deploy, installation } = site;
  await play('Verify the workers', workers, (worker) =>
    worker.run([
      swarmJoin({ swarm, advertise: worker.vars.ip }),
      ...(setups[worker.name] ?? []).flatMap(tasksOf),
    ]),
  );
  await mendDatabase(site, compose.config, { play, check });
  const ids = members.map(({ host, nodeId }) => [host.name, nodeId] as const);
  const ports = answeringPorts(site, compose.config);
  await play('Verify the installation', manager, (host) =>
    host.run([
      nodesReady({ nodes: Object.fromEntries(ids) }),
      ...labelMembers(members, services),
      ...composeTasks(site, compose),
      admin,
      stackDeploy(deploy),
      ...placementTasks(site, members),
      ...portTasks(ports, installation.answer_timeout),
    ]),
  );
}
