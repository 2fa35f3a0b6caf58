import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';

export default playbook(
  { name: 'One command', groups: { fleet: z.object({}) } },
  async ({ groups: { fleet }, play }) => {
    await play('Run it', fleet, (host) => host.run(command({ run: sh`true` })));
  },
);
