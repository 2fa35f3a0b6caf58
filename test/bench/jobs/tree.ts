import { playbook } from 'dabook';
import { copyTree } from 'dabook/tasks';
import { z } from 'zod';

export default playbook(
  { name: 'A tree', groups: { fleet: z.object({ source: z.string(), place: z.string() }) } },
  async ({ groups: { fleet }, play }) => {
    await play('Copy it', fleet, (host) =>
      host.run(copyTree({ src: host.vars.source, dest: `${host.vars.place}/tree` })),
    );
  },
);
