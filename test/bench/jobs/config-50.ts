import { playbook } from 'dabook';
import { Node, tenTasks } from './ten-tasks.ts';

export default playbook(
  { name: 'Fifty tasks', groups: { fleet: Node } },
  async ({ groups: { fleet }, play }) => {
    await play('Configure', fleet, (host) =>
      host.run([1, 2, 3, 4, 5].flatMap((part) => tenTasks(host.vars, part))),
    );
  },
);
