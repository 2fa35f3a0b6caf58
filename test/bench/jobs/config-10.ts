import { playbook } from 'dabook';
import { Node, tenTasks } from './ten-tasks.ts';

export default playbook(
  { name: 'Ten tasks', groups: { fleet: Node } },
  async ({ groups: { fleet }, play }) => {
    await play('Configure', fleet, (host) => host.run(tenTasks(host.vars, 1)));
  },
);
