import { setTimeout as pause } from 'node:timers/promises';
import { isKnown, playbook } from 'dabook';
import {
  findNode,
  labelNode,
  nodeRemove,
  nodes,
  nodesReady,
  stackDeploy,
  stackPlaced,
  stackRemove,
  stackSteady,
  staleTwins,
  yamlFile,
} from 'dabook/tasks';
import { answeringPorts, verifyPorts } from './digital-access/answering-ports.ts';
import { backUp } from './digital-access/back-up.ts';
import { checkImages } from './digital-access/check-images.ts';
import { removeStrayKeys } from './digital-access/copy-service-keys.ts';
import { copySetupKeys } from './digital-access/copy-setup-keys.ts';
import { composeFiles, Installation, Node } from './digital-access/installation.ts';
import { joinWorker } from './digital-access/join-worker.ts';
import { labelsNotOf, labelsOf } from './digital-access/labels.ts';
import { preflight } from './digital-access/preflight.ts';
import { reachesItsDatabase } from './digital-access/reaches-its-database.ts';
import { restartServices } from './digital-access/restart-services.ts';
import { reviewInstallation } from './digital-access/review-installation.ts';
import { setupsOf } from './digital-access/service-setup.ts';
import { onHost, siteOf } from './digital-access/site.ts';

/**
 * High availability for Digital Access: installations that each run in a swarm of their own become one.
 * The manager keeps its swarm; every worker joins it and takes over the services that the inventory names
 * for it. Between two deploys the operator registers these in the administration page: there the run stops
 * and says what to enter. On hosts that are set up already nothing is stopped and nothing is written.
 *
 * The steps are those of the product's own procedure: docs/digital-access.md.
 */
export default playbook(
  {
    name: 'Digital Access: high availability',
    groups: { manager: Node, workers: Node },
    vars: Installation,
    review: reviewInstallation,
  },
  async ({ groups, vars: installation, play, warn }) => {
    const site = siteOf(groups, installation);
    const { manager, workers, hosts, services, added, addresses, administration, deploy } = site;
    const { stack, compose_dir: dir } = installation;

    const found = await preflight(site, play, warn);
    const { compose, keys, swarm, admin } = found;
    for (const warning of compose.warnings) warn(warning);
    if (found.isDue) {
      await play('Check the images', hosts, (host) => checkImages(host, site, compose.config));
      await play('Back up the installation', hosts, (host) =>
        backUp(host, found.memberships[host.name], site),
      );
    }

    if (found.mustJoin) {
      await play('Stop the services on the manager', manager, (host) =>
        host.run(stackRemove({ name: stack })),
      );
    }
    const labels = services.map(({ label }) => label);
    const joined = await play('Join the workers', workers, async (worker) => {
      const { nodeId } = await joinWorker(worker, { swarm, stack, labels });
      return { host: worker, nodeId };
    });
    const members = [{ host: manager, nodeId: swarm.nodeId }, ...joined];
    await play('Verify the nodes', manager, async (host) => {
      await host.run(
        nodesReady({ nodes: Object.fromEntries(members.map((member) => [member.host.name, member.nodeId])) }),
      );
      const all = await host.read(nodes);
      const twins = joined.flatMap(({ host: worker, nodeId }) => {
        const id = isKnown(nodeId) ? nodeId : '';
        const hostname = findNode(all, { id })?.hostname ?? '';
        return staleTwins(all, { id, hostname, address: worker.vars.ip });
      });
      await host.run(twins.map(({ id }) => nodeRemove({ node: id })));
    });
    await play('Label the nodes', manager, (host) =>
      host.run(
        members.map(({ host: node, nodeId }) =>
          labelNode({
            node: nodeId,
            name: node.name,
            labels: labelsOf(onHost(services, node)),
            remove: labelsNotOf(onHost(services, node), services),
          }),
        ),
      ),
    );
    await play('Complete the compose files', manager, (host) =>
      host.run(composeFiles.map((file) => yamlFile({ path: `${dir}/${file}`, edits: compose.edits[file] }))),
    );

    if (!Object.values(found.answers).every(isKnown)) {
      await play('Deploy the services for the first time', manager, (host) => host.run(stackDeploy(deploy)));
    }
    const { answers } = await play('Digital Access Admin', manager, async (host) => {
      const { state } = await host.run(admin);
      return state;
    });

    const setup = { installation, administration, addresses, config: compose.config, keys, answers };
    const plans = await play('Look at the local configurations', workers, async (worker) => {
      const setups = await setupsOf(worker, onHost(added, worker), setup);
      return { host: worker, setups, isDue: await worker.due(setups.map((each) => each.configuration)) };
    });
    if (plans.some(({ isDue }) => isDue)) {
      await play('Stop the services again', manager, (host) => host.run(stackRemove({ name: stack })));
    }
    const setupsFor = (host: { readonly name: string }) =>
      plans.find((plan) => plan.host.name === host.name)?.setups ?? [];
    await play('Write the local configurations', workers, (worker) =>
      worker.run(setupsFor(worker).flatMap(({ configuration, owned }) => [configuration, ...owned])),
    );
    const withNewKeys = await play('Copy the key files', workers, (worker) =>
      copySetupKeys(worker, setupsFor(worker)),
    );
    if (found.stray.length > 0 && installation.remove_internal_keys) {
      await play('Take internal keys off the access points', workers, (worker) =>
        removeStrayKeys(worker, onHost(added, worker), keys, installation),
      );
    } else if (found.stray.length > 0) {
      warn(
        `an internal key lies on an access point: ${found.stray.join(', ')}; remove_internal_keys: true in the inventory takes it off`,
      );
    }

    await play('Restart what has new keys', manager, (host) =>
      restartServices(host, stack, withNewKeys.flat()),
    );
    await play('Deploy the services', manager, (host) => host.run(stackDeploy(deploy)));
    await play('Verify where the services run', manager, (host) =>
      host.run([
        stackPlaced({
          name: stack,
          on: Object.fromEntries(
            members.flatMap(({ host: node, nodeId }) =>
              onHost(services, node).map(({ name }) => [name, nodeId]),
            ),
          ),
        }),
        stackSteady({ name: stack, seconds: installation.stable_for }),
      ]),
    );
    const ports = answeringPorts(site, compose.config);
    const database = services.find(({ kind }) => kind === 'database');
    const [admins] = ports;
    if (database !== undefined && admins !== undefined) {
      const reaches = await play('Look for a database fault', manager, (host) =>
        reachesItsDatabase(host, admins, installation, pause),
      );
      if (!reaches) {
        await play('Restart the database', manager, (host) => restartServices(host, stack, [database.name]));
      }
    }
    await play('Verify that the ports answer', manager, (host) => verifyPorts(host, ports, site));
  },
);
