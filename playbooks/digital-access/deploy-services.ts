import { setTimeout as pause } from 'node:timers/promises';
import { type Play, refuse } from 'dabook';
import { type ComposeConfig, stackDeploy } from 'dabook/tasks';
import { answeringPorts } from './answering-ports.ts';
import { databaseFault } from './database-fault.ts';
import { restartServices } from './restart-services.ts';
import type { Site } from './site.ts';

export interface DeployOptions {
  readonly play: Play;
  /** True in check mode: nothing new runs then that could be looked at. */
  readonly check: boolean;
}

/**
 * Deploys the services and waits until all of them run. In an installation with a database the administration
 * service is looked at before it is waited for, since one that does not reach its database may never run: where its
 * log says so, the database is restarted, once, as the procedure has it.
 * @throws DabookError `refused` where it does not reach its database after that either
 */
export async function deployServices(
  title: string,
  site: Site,
  config: Pick<ComposeConfig, 'services'>,
  { play, check }: DeployOptions,
): Promise<void> {
  const { manager, services, administration, installation, deploy } = site;
  const database = services.find(({ kind }) => kind === 'database');
  if (database === undefined || check) {
    await play(title, manager, (host) => host.run(stackDeploy(deploy)));
    return;
  }
  await play(title, manager, (host) => host.run(stackDeploy({ ...deploy, wait: false })));
  const watched = {
    administration: administration.name,
    database: database.name,
    port: answeringPorts(site, config).find(({ service }) => service === administration.name),
  };
  const told = await play('Look for a database fault', manager, (host) =>
    databaseFault(host, watched, installation, pause),
  );
  if (told !== undefined) {
    const isRestarted = await play('Restart the database', manager, (host) =>
      restartServices(host, installation.stack, [database.name]),
    );
    await play('Look again for a database fault', manager, async (host) => {
      const still = await databaseFault(host, watched, installation, pause);
      if (still === undefined || !isRestarted) return;
      throw refuse(
        `${administration.name} does not reach its database, though ${database.name} was restarted: ${still}`,
        "check the connection's address and password in Digital Access Admin, and the log of the database",
      );
    });
  }
  await play('Wait until the services run', manager, (host) => host.run(stackDeploy(deploy)));
}
