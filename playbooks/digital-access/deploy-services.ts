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

type Config = Pick<ComposeConfig, 'services'>;

/**
 * Deploys the services and waits until all of them run. In an installation with a database the administration
 * service is looked at before it is waited for, since one that does not reach its database may never run.
 * @throws DabookError `refused` where it does not reach its database after a restart of that either
 */
export async function deployServices(
  title: string,
  site: Site,
  config: Config,
  { play, check }: DeployOptions,
): Promise<void> {
  const { manager, deploy } = site;
  if (databaseOf(site) === undefined) {
    await play(title, manager, (host) => host.run(stackDeploy(deploy)));
    return;
  }
  // In check mode as well: what is planned is then what is done, a deploy that waits for nothing and one that does.
  await play(title, manager, (host) => host.run(stackDeploy({ ...deploy, wait: false })));
  await mendDatabase(site, config, { play, check });
  await play('Wait until the services run', manager, (host) => host.run(stackDeploy(deploy)));
}

/**
 * Waits, in an installation with a database, until the administration service answers. Where its log says that it
 * does not reach its database, that is restarted, once, as the procedure has it.
 * @throws DabookError `refused` where it does not reach its database after that either
 */
export async function mendDatabase(
  site: Site,
  config: Config,
  { play, check }: DeployOptions,
): Promise<void> {
  const { manager, administration, installation } = site;
  const database = databaseOf(site);
  if (database === undefined || check) return;
  const watched = {
    administration: administration.name,
    database: database.name,
    port: answeringPorts(site, config).find(({ service }) => service === administration.name),
  };
  const told = await play('Look for a database fault', manager, (host) =>
    databaseFault(host, watched, installation, pause),
  );
  if (told === undefined) return;
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

function databaseOf({ services }: Site) {
  return services.find(({ kind }) => kind === 'database');
}
