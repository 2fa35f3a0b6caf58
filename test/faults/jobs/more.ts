import { playbook, sh } from 'dabook';
import {
  command,
  copyFile,
  fileAbsent,
  labelNode,
  nodeAvailability,
  nodeRemove,
  nodes,
  serviceRestart,
  stackDeploy,
  swarmInit,
  swarmLeave,
  swarmMembership,
} from 'dabook/tasks';
import { z } from 'zod';

const dir = '/opt/nexus/more';

/** A service with a config and a secret; another one of the stack is in no file any more. */
const compose = `version: "3.7"
services:
  one:
    image: dabook.test/da/policy-service:6.0.5.60260
    entrypoint: [/bin/sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.2; done"]
    configs: [{source: settings, target: /tmp/settings}]
    secrets: [{source: key, target: key}]
    networks: [net]
    deploy:
      update_config: {monitor: 100ms}
      placement: {constraints: [node.labels.more == yes]}
configs: {settings: {file: settings}}
secrets: {key: {file: key}}
networks: {net: {driver: overlay}}
`;

/**
 * What the HA job has not, from three managers of one swarm: two of them leave it and make swarms of their own, the
 * first one forgets them, and runs another version of a stack with configs and secrets.
 */
export default playbook(
  { name: 'More', groups: { all: z.object({}) }, vars: z.object({ first: z.string() }) },
  async ({ groups, vars: { first }, play }) => {
    await play(
      'Leave',
      groups.all,
      async (host) => {
        const found = await host.read(swarmMembership);
        const isFirst = found.address === `${first}:2377`;
        const follows = found.managers.some(({ address }) => address === `${first}:2377`);
        if (!isFirst && follows) await host.run(swarmLeave());
        if (!isFirst) await host.run(swarmInit());
      },
      { serial: 1 },
    );
    await play('Stack', groups.all, async (host) => {
      const { address, nodeId } = await host.read(swarmMembership);
      if (address !== `${first}:2377` || nodeId === undefined) return;
      const left = (await host.read(nodes)).filter(({ id }) => id !== nodeId);
      await host.run(left.map(({ id }) => nodeRemove({ node: id, force: true })));
      await host.run([
        command({ run: sh`mkdir ${dir}`, creates: dir }),
        copyFile({ content: compose, dest: `${dir}/base.yml` }),
        copyFile({ content: 'settings\n', dest: `${dir}/settings` }),
        copyFile({ content: 'key\n', dest: `${dir}/key`, mode: '0600' }),
        labelNode({ node: nodeId, labels: { more: 'yes' }, exact: true }),
        stackDeploy({ name: 'more', dir, files: ['base.yml'], prune: true, resolveImage: 'never' }),
        serviceRestart({ service: 'more_one', after: 0 }),
        nodeAvailability({ node: nodeId, availability: 'pause' }),
        command({
          run: sh`sleep 1; echo x >>${dir}/long`,
          unless: sh`grep -q x ${dir}/long`,
          detached: true,
        }),
        fileAbsent({ path: '/opt/nexus/notes' }),
      ]);
    });
  },
);
