import { playbook } from 'dabook';
import { copyFile, labelNode, swarmMembership } from 'dabook/tasks';
import { z } from 'zod';

/**
 * Gives every host a value, in two files and in labels of its node, where it manages a swarm: several writes one
 * after the other, so that two runs that wrote at once would leave a mixture.
 */
export default playbook(
  {
    name: 'Flip',
    groups: { all: z.object({}) },
    vars: z.object({ value: z.coerce.string(), nodes: z.coerce.number().default(2) }),
  },
  async ({ groups, vars: { value, nodes }, play }) => {
    await play('Flip', groups.all, async (host) => {
      await host.run(copyFile({ content: `${value}\n`, dest: '/opt/flip-first' }));
      const { nodeId, role } = await host.read(swarmMembership);
      if (role === 'manager' && nodeId !== undefined) {
        for (let number = 1; number <= nodes; number++) {
          await host.run(labelNode({ node: nodeId, labels: { [`flip${number}`]: value } }));
        }
      }
      await host.run(copyFile({ content: `${value}\n`, dest: '/opt/flip-last' }));
    });
  },
);
