import { copyFile, fileAbsent } from 'dabook/tasks';
import { z } from 'zod';

/** What the playbooks ask of a host: the folder of the files, and its own folder. */
export const Node = z.object({ files: z.string(), place: z.string() });

/** Eight files with content and mode, and two that are not there. */
export function tenTasks({ files, place }: z.infer<typeof Node>, part: number) {
  const copies = [1, 2, 3, 4, 5, 6, 7, 8].map((number) =>
    copyFile({
      src: `${files}/${part}-${number}.conf`,
      dest: `${place}/${part}-${number}.conf`,
      mode: '0644',
    }),
  );
  const absent = ['old', 'older'].map((name) => fileAbsent({ path: `${place}/${part}-${name}.conf` }));
  return [...copies, ...absent];
}
