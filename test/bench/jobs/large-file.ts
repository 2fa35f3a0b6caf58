import { playbook } from 'dabook';
import { copyFile } from 'dabook/tasks';
import { z } from 'zod';

export default playbook(
  { name: 'A large file', groups: { fleet: z.object({ source: z.string(), place: z.string() }) } },
  async ({ groups: { fleet }, play }) => {
    await play('Copy it', fleet, (host) =>
      host.run(copyFile({ src: host.vars.source, dest: `${host.vars.place}/large`, mode: '0644' })),
    );
  },
);
