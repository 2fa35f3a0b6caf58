import { isKnown, playbook, refuse } from 'dabook';
import {
  fileAbsent,
  inSwarm,
  labelNode,
  nodeRemove,
  restore,
  stackDeploy,
  stackRemove,
  swarmInit,
  swarmLeave,
  swarmMembership,
} from 'dabook/tasks';
import { composeFiles, Installation, Node } from './digital-access/installation.ts';
import { ownBackup } from './digital-access/own-backup.ts';
import { reviewInstallation } from './digital-access/review-installation.ts';
import { siteOf } from './digital-access/site.ts';

/**
 * Takes the workers back to what they were before high availability: each to a swarm and an installation of
 * its own, from the backup that ha.ts made; then the manager, when no worker is left. `--limit ha1,ha2` takes
 * ha2 back alone. Without the backup of a host nothing is touched.
 */
export default playbook(
  {
    name: 'Digital Access: back to separate installations',
    groups: { manager: Node, workers: Node },
    vars: Installation,
    review: reviewInstallation,
  },
  async ({ groups, vars: installation, play, warn }) => {
    const site = siteOf(groups, installation);
    const { manager, workers, deploy } = site;
    const { stack, compose_dir: dir } = installation;

    const backups = await play('Find the backups', [manager, ...workers], async (host) => ({
      name: host.name,
      backup: await ownBackup(host.name, installation),
    }));
    const backupOf = ({ name }: { readonly name: string }) => {
      const found = backups.find((each) => each.name === name)?.backup;
      if (found === undefined) throw refuse(`the backup of ${name} was not looked for`);
      return found;
    };
    const swarm = await play('Look at the swarm', manager, async (host) => {
      const { state } = await host.run(swarmInit({ advertise: host.vars.ip }));
      return state;
    });
    const going = await play('Look at the workers', workers, async (worker) => {
      const membership = await worker.read(swarmMembership);
      return { name: worker.name, id: inSwarm(membership, swarm) ? membership.nodeId : undefined };
    });
    const members = going.filter(({ id }) => id !== undefined);
    const isWhole = going.length === workers.length;

    if (isWhole && members.length > 0) {
      await play('Stop the services', manager, (host) => host.run(stackRemove({ name: stack })));
    }
    await play('Leave the swarm', workers, async (worker) => {
      if (members.some(({ name }) => name === worker.name)) await worker.run(swarmLeave());
    });
    await play('Remove the nodes', manager, (host) =>
      host.run(
        members.flatMap(({ id }) =>
          id !== undefined && isKnown(id) ? nodeRemove({ node: id, force: true }) : [],
        ),
      ),
    );
    await play('Restore the workers', workers, async (worker) => {
      const { path, notes } = backupOf(worker);
      const { state } = await worker.run(swarmInit({ advertise: worker.vars.ip }));
      await worker.run([
        labelNode({ node: state.nodeId, name: worker.name, labels: notes.labels, exact: true }),
        restore({ archive: path }),
        stackDeploy({ ...deploy, name: notes.stack, dir: notes.compose_dir, files: composeFiles }),
      ]);
    });
    if (!isWhole) {
      warn(
        `${manager.name} stays as it is: services of the workers that went are still in its compose files`,
      );
      return;
    }
    await play('Restore the manager', manager, async (host) => {
      const { path, notes } = backupOf(host);
      await host.run([
        labelNode({ node: swarm.nodeId, name: host.name, labels: notes.labels, exact: true }),
        restore({ archive: path }),
        fileAbsent({ path: `${dir}/dabook-answers.yml` }),
        stackDeploy(deploy),
      ]);
    });
  },
);
