import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';

export default playbook(
  { name: 'Twenty commands', groups: { fleet: z.object({}) } },
  async ({ groups: { fleet }, play }) => {
    const commands = Array.from({ length: 20 }, (_, number) =>
      command({ run: sh`true ${number}`, unless: sh`test ${number} -ge 0` }),
    );
    await play('Look at twenty things', fleet, (host) => host.run(commands));
  },
);
