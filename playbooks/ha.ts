import { isKnown, playbook } from 'dabook';
import {
  findNode,
  inSwarm,
  keyFiles,
  labelNode,
  nodeRemove,
  nodes,
  stackDeploy,
  stackPlaced,
  stackRemove,
  staleTwins,
  swarmInit,
  swarmMembership,
} from 'dabook/tasks';
import { checkCompose } from './digital-access/check-compose.ts';
import { checkHosts } from './digital-access/check-hosts.ts';
import { copyServiceKeys } from './digital-access/copy-service-keys.ts';
import { composeFiles, Installation, Node } from './digital-access/installation.ts';
import { joinWorker, refuseStranger } from './digital-access/join-worker.ts';
import { labelsNotOf, labelsOf } from './digital-access/labels.ts';

/**
 * High availability for Digital Access: installations that each run in a swarm of their own become one.
 * The manager keeps its swarm; every worker joins it and takes over the services that the inventory
 * names for it. On hosts that are set up already nothing is stopped and nothing is written.
 *
 * Everything that could stand in the way is looked at first, so that a fault is told before anything is
 * stopped.
 */
export default playbook(
  { name: 'Digital Access: high availability', groups: { manager: Node, workers: Node }, vars: Installation },
  async ({ groups, vars, play }) => {
    checkHosts(groups.manager, groups.workers);
    const { become, stack } = vars;
    const manager = groups.manager[0].as({ become });
    const workers = groups.workers.map((worker) => worker.as({ become }));
    const services = [manager, ...workers].flatMap((host) => host.vars.services);
    const deploy = {
      name: stack,
      dir: vars.compose_dir,
      files: composeFiles,
      prune: vars.prune,
      withRegistryAuth: vars.registry_auth,
      resolveImage: vars.resolve_image,
      timeout: vars.deploy_timeout,
    };

    await play('Check the compose files', manager, (host) =>
      checkCompose(host, deploy, [manager, ...workers]),
    );
    const keys = await play('Find the key files', manager, async (host) => {
      const dir = `${vars.config_root}/administration-service/keys`;
      const [internal, shared] = await Promise.all([
        host.read(keyFiles({ dir, match: '*internal*' })),
        host.read(keyFiles({ dir, match: '*shared*' })),
      ]);
      return { internal, shared };
    });
    const swarm = await play('Read the join token', manager, async (host) => {
      const { state } = await host.run(swarmInit({ advertise: host.vars.ip }));
      return state;
    });
    const looks = await play('Look at the workers', workers, async (worker) => {
      const membership = await worker.read(swarmMembership);
      refuseStranger(membership, swarm);
      // What a copy would refuse, such as a folder that is missing, is refused here.
      await Promise.all(
        copyServiceKeys(worker.vars.services, keys, vars).map(async (copy) =>
          copy.want(await worker.read(copy.fact)),
        ),
      );
      return { isMember: inSwarm(membership, swarm) };
    });

    if (looks.some(({ isMember }) => !isMember)) {
      await play('Stop the services on the manager', manager, (host) =>
        host.run(stackRemove({ name: stack })),
      );
    }
    const joined = await play('Join the workers', workers, async (worker) => {
      const { nodeId } = await joinWorker(worker, swarm, stack);
      return { worker, nodeId };
    });
    await play('Remove what is left of former nodes', manager, async (host) => {
      const all = await host.read(nodes);
      const twins = joined.flatMap(({ worker, nodeId }) => {
        const id = isKnown(nodeId) ? nodeId : '';
        const hostname = findNode(all, { id })?.hostname ?? '';
        return staleTwins(all, { id, hostname, address: worker.vars.ip });
      });
      await host.run(twins.map(({ id }) => nodeRemove({ node: id })));
    });

    const members = [{ worker: manager, nodeId: swarm.nodeId }, ...joined];
    await play('Label the nodes', manager, (host) =>
      host.run(
        members.map(({ worker, nodeId }) =>
          labelNode({
            node: nodeId,
            name: worker.name,
            labels: labelsOf(worker.vars.services),
            remove: labelsNotOf(worker.vars.services, services),
          }),
        ),
      ),
    );
    await play('Copy the key files', workers, (worker) =>
      worker.run(copyServiceKeys(worker.vars.services, keys, vars)),
    );
    await play('Deploy the services', manager, (host) => host.run(stackDeploy(deploy)));
    await play('Verify where the services run', manager, (host) =>
      host.run(
        stackPlaced({
          name: stack,
          on: Object.fromEntries(
            members.flatMap(({ worker, nodeId }) => worker.vars.services.map(({ name }) => [name, nodeId])),
          ),
        }),
      ),
    );
  },
);
