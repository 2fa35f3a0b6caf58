import { isKnown, playbook, refuse } from 'dabook';
import { fileAbsent, nodeRemove, stackRemove, swarmInit, swarmLeave, swarmMembership } from 'dabook/tasks';
import { backUp } from './digital-access/back-up.ts';
import { described } from './digital-access/described.ts';
import { answersFile } from './digital-access/installation.ts';
import { keptSwarm } from './digital-access/kept-swarm.ts';
import { nodesLeftBy } from './digital-access/nodes-left-by.ts';
import { ownBackup } from './digital-access/own-backup.ts';
import { ownInstallation } from './digital-access/own-installation.ts';
import { siteOf } from './digital-access/site.ts';
import { managerStanding, type Standing, standingOf } from './digital-access/standing.ts';

/** Why a host stays as it is, where it does. */
const leftAlone: Readonly<Partial<Record<Standing, string>>> = {
  changed: 'has an installation of its own, which was changed since its backup',
  elsewhere: 'is neither in the swarm to be left nor alone in one of its own',
};

/**
 * Takes the workers back to what they were before high availability: each to a swarm and an installation of
 * its own, from the backup that ha.ts made; then the manager, when no worker is left in its swarm. `--limit ha2`
 * takes ha2 back alone.
 *
 * Without the backup of a host nothing is touched, and what is about to be overwritten is backed up first. A
 * host that has an installation of its own again stays as it is, whatever was changed there since. A run that
 * was stopped anywhere is simply started again.
 */
export default playbook(
  { name: 'Digital Access: back to separate installations', ...described },
  async ({ groups, vars: installation, play, warn }) => {
    const site = siteOf(groups, installation);
    const { manager, hosts, deploy } = site;
    const { stack } = installation;

    const backups = await play('Find the backups', hosts, async (host) => ({
      name: host.name,
      backup: await ownBackup(host.name, installation),
    }));
    const backupOf = ({ name }: { readonly name: string }) => {
      const found = backups.find((each) => each.name === name)?.backup;
      if (found === undefined) throw refuse(`the backup of ${name} was not looked for`);
      return found;
    };
    const swarm = await play('Look at the swarm', manager, async (host) =>
      keptSwarm(host, await host.read(swarmMembership), installation),
    );
    const workers = await play('Look at the workers', site.workers, async (host) => ({
      host,
      ...(await standingOf(host, swarm, backupOf(host), deploy)),
    }));
    const members = workers.filter(({ standing }) => standing === 'member').map(({ host }) => host);
    const left = nodesLeftBy(workers, swarm);
    const staying = swarm.nodes.filter(({ id }) => id !== swarm.nodeId && !left.includes(id));
    const isLast = staying.length === 0 && backups.some(({ name }) => name === manager.name);
    const own = isLast
      ? await play('Look at the manager', manager, async (host) => ({
          host,
          membership: swarm,
          standing: members.length > 0 ? 'member' : await managerStanding(site, swarm, backupOf(host)),
        }))
      : undefined;

    const all = own === undefined ? workers : [own, ...workers];
    for (const { host, standing } of all) {
      const why = leftAlone[standing];
      if (why !== undefined) warn(`${host.name} ${why}: it stays as it is`);
    }
    const going = all.filter(({ standing }) => standing === 'member' || standing === 'begun');
    await play(
      'Back up what is there',
      going.map(({ host }) => host),
      (host) => {
        const membership = going.find((each) => each.host.name === host.name)?.membership;
        return backUp(host, membership, site, { beforeRollback: true });
      },
    );
    if (own?.standing === 'member') {
      await play('Stop the services', manager, (host) => host.run(stackRemove({ name: stack })));
    }
    await play('Leave the swarm', members, (worker) => worker.run(swarmLeave()));
    await play('Remove the nodes', manager, (host) =>
      host.run(left.flatMap((id) => (isKnown(id) ? nodeRemove({ node: id, force: true }) : []))),
    );

    // Those that are back already are held against their backups, and waited for where they are only starting.
    const returning = all.filter(({ standing }) => leftAlone[standing] === undefined);
    const isReturning = ({ name }: { readonly name: string }) =>
      returning.some(({ host }) => host.name === name);
    await play('Restore the workers', site.workers.filter(isReturning), async (worker) => {
      const { state } = await worker.run(swarmInit({ advertise: worker.vars.ip }));
      await worker.run(ownInstallation({ node: state.nodeId, name: worker.name }, backupOf(worker), deploy));
    });
    if (!isLast) {
      warn(
        staying.length > 0
          ? `${manager.name} stays as it is: ${staying.map(({ hostname, id }) => hostname || id).join(', ')} is still in its swarm`
          : `${manager.name} stays as it is: it is outside of --limit`,
      );
    } else if (isReturning(manager)) {
      await play('Restore the manager', manager, (host) =>
        host.run([
          fileAbsent({ path: answersFile(installation) }),
          ...ownInstallation({ node: swarm.nodeId, name: host.name }, backupOf(host), deploy),
        ]),
      );
    }
  },
);
