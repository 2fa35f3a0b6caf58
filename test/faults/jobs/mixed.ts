import { playbook, sh } from 'dabook';
import { command, copyFile, labelNode, swarmMembership } from 'dabook/tasks';
import { z } from 'zod';

/** Work of every kind that lasts for some seconds: a command with children, a large file, calls of the Engine. */
export default playbook(
  {
    name: 'Mixed',
    groups: { all: z.object({}) },
    vars: z.object({ value: z.coerce.string(), large: z.string() }),
  },
  async ({ groups, vars: { value, large }, play }) => {
    await play('Mixed', groups.all, async (host) => {
      const { nodeId, role } = await host.read(swarmMembership);
      for (const round of [1, 2]) {
        await host.run(
          command({
            run: sh`(sleep 0.6; sleep 0.1) & wait; echo ${value} >/opt/slow${round}`,
            unless: sh`grep -qx ${value} /opt/slow${round}`,
          }),
        );
        await host.run(copyFile({ content: `${value}${round}\n`, dest: `/opt/small${round}` }));
        if (role === 'manager' && nodeId !== undefined) {
          await host.run(labelNode({ node: nodeId, labels: { [`mixed${round}`]: value } }));
        }
      }
      await host.run(copyFile({ src: large, dest: '/opt/large' }));
    });
  },
);
