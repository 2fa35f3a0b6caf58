import { playbook } from 'dabook';
import { nodeRemove, nodes, nodesReady, stackRemove, swarmMembership } from 'dabook/tasks';
import { answeringPorts, verifyPorts } from './digital-access/answering-ports.ts';
import { backUp } from './digital-access/back-up.ts';
import { checkImages } from './digital-access/check-images.ts';
import { composeTasks } from './digital-access/compose-tasks.ts';
import { removeStrayKeys } from './digital-access/copy-service-keys.ts';
import { deployServices } from './digital-access/deploy-services.ts';
import { described } from './digital-access/described.ts';
import { formerNodes } from './digital-access/former-nodes.ts';
import { joinWorker } from './digital-access/join-worker.ts';
import { labelMembers } from './digital-access/label-members.ts';
import { servicesWithNewKeys } from './digital-access/new-keys.ts';
import { placementTasks } from './digital-access/placement-tasks.ts';
import { preflight } from './digital-access/preflight.ts';
import { findFiles, setupsOf } from './digital-access/service-setup.ts';
import { onHost, siteOf } from './digital-access/site.ts';
import { verifyEverything } from './digital-access/verify-everything.ts';

/**
 * High availability for Digital Access: installations that each run in a swarm of their own become one.
 * The manager keeps its swarm; every worker joins it and takes over the services that the inventory names
 * for it. Between two deploys the operator registers these in the administration page: there the run stops
 * and says what to enter. On hosts that are set up already nothing is stopped and nothing is written.
 *
 * The steps are those of the product's own procedure: docs/digital-access.md.
 */
export default playbook(
  { name: 'Digital Access: high availability', ...described },
  async ({ groups, vars: installation, play, check, warn }) => {
    const site = siteOf(groups, installation);
    const { manager, workers, hosts, services, added } = site;
    const { stack } = installation;

    const found = await preflight(site, play, warn);
    const { compose, keys, swarm, admin } = found;
    for (const warning of compose.warnings) warn(warning);
    if (found.stray.length > 0 && !installation.remove_internal_keys) {
      warn(
        `an internal key lies on an access point: ${found.stray.join(', ')}; remove_internal_keys: true in the inventory takes it off`,
      );
    }
    if (!found.isDue && found.isAnswered) return verifyEverything(site, found, { play, check });

    if (found.isDue) {
      await play('Check the images', hosts, (host) => checkImages(host, site, compose.config));
      await play('Back up the installation', hosts, (host) =>
        backUp(host, found.memberships[host.name], site),
      );
    }
    if (found.joining.length > 0) {
      // Everywhere at once: each takes as long as its containers take to stop.
      await play('Stop the services', [manager, ...found.joining], (host) =>
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
      const left = joined.flatMap(({ host: worker, nodeId }) =>
        formerNodes(all, { nodeId, address: worker.vars.ip }),
      );
      await host.run(left.map(({ id }) => nodeRemove({ node: id, force: true })));
    });
    await play('Label the nodes', manager, (host) => host.run(labelMembers(members, services)));
    await play('Complete the compose files', manager, (host) => host.run(composeTasks(site, compose)));

    if (!found.isAnswered) {
      await deployServices('Deploy the services for the first time', site, compose.config, { play, check });
    }
    const { answers } = await play('Digital Access Admin', manager, async (host) => {
      const { state } = await host.run(admin);
      return state;
    });

    const plans = await play('Look at the local configurations', workers, async (worker) => {
      const carried = onHost(added, worker);
      const [files, withNewKeys] = await Promise.all([
        findFiles(worker, carried, site),
        servicesWithNewKeys(worker, carried, keys, installation),
      ]);
      const setups = setupsOf(files, site, { keys, answers });
      const isDue = await worker.due(setups.map((each) => each.configuration));
      return { host: worker, setups, isDue, withNewKeys };
    });
    const withNewKeys = plans.flatMap((plan) => plan.withNewKeys);
    const isDue = plans.some((plan) => plan.isDue) || withNewKeys.length > 0;
    if (isDue && !found.isDue) {
      // Answered just now: until then nothing was about to change.
      await play('Back up the installation', hosts, async (host) =>
        backUp(host, await host.read(swarmMembership), site),
      );
    }
    // What is stopped is not in the stack any more, so that a run that ends here leaves nothing with its old keys.
    if (plans.some((plan) => plan.isDue)) {
      await play('Stop the services again', manager, (host) => host.run(stackRemove({ name: stack })));
    } else if (withNewKeys.length > 0) {
      await play('Stop what gets new keys', manager, (host) =>
        host.run(stackRemove({ name: stack, services: withNewKeys })),
      );
    }
    const setupsFor = (host: { readonly name: string }) =>
      plans.find((plan) => plan.host.name === host.name)?.setups ?? [];
    await play('Write the local configurations', workers, (worker) =>
      worker.run(setupsFor(worker).flatMap(({ configuration, owned }) => [configuration, ...owned])),
    );
    await play('Copy the key files', workers, (worker) =>
      worker.run(setupsFor(worker).map((each) => each.keys)),
    );
    if (found.stray.length > 0 && installation.remove_internal_keys) {
      await play('Take internal keys off the access points', hosts, (host) =>
        removeStrayKeys(host, onHost(services, host), keys, installation),
      );
    }

    await deployServices('Deploy the services', site, compose.config, { play, check });
    await play('Verify where the services run', manager, (host) => host.run(placementTasks(site, members)));
    const ports = answeringPorts(site, compose.config);
    await play('Verify that the ports answer', manager, (host) => verifyPorts(host, ports, site));
  },
);
