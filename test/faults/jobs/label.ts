import { playbook } from 'dabook';
import { labelNode, swarmMembership } from 'dabook/tasks';
import { z } from 'zod';

/** One label of the first node of the swarm that a host manages. */
export default playbook(
  {
    name: 'Label',
    groups: { all: z.object({}) },
    vars: z.object({ label: z.string(), value: z.coerce.string(), node: z.string() }),
  },
  async ({ groups, vars: { label, value, node: hostname }, play }) => {
    await play('Label', groups.all, async (host) => {
      const { nodes = [] } = await host.read(swarmMembership);
      const node = nodes.find((each) => each.hostname === hostname);
      if (node === undefined) throw new Error(`there is no node ${hostname}`);
      await host.run(labelNode({ node: node.id, labels: { [label]: value } }));
    });
  },
);
