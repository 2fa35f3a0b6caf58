import type { Host } from 'dabook';
import { backup, type Membership } from 'dabook/tasks';
import { notesOf } from './backup-notes.ts';
import type { Site } from './site.ts';

/**
 * Copies a host's compose files, local configurations, keys and node labels to the control machine, once per state.
 * @param membership as it is now
 * @param options.beforeRollback true for what a rollback is about to overwrite: no rollback goes back to it. False
 * by default.
 */
export async function backUp(
  host: Host,
  membership: Membership | undefined,
  { services, installation }: Site,
  { beforeRollback = false }: { readonly beforeRollback?: boolean } = {},
): Promise<void> {
  const { compose_dir, config_root, backup_dir, backup_exclude, local_configuration } = installation;
  const folders = [
    ...new Set(services.filter(({ kind }) => kind !== 'database').map(({ folder }) => folder)),
  ];
  const notes = await notesOf(host, membership ?? {}, installation);
  await host.run(
    backup({
      to: backup_dir,
      paths: [
        compose_dir,
        ...folders.flatMap((folder) => [
          `${config_root}/${folder}/${local_configuration.file}`,
          `${config_root}/${folder}/keys`,
        ]),
      ],
      exclude: backup_exclude,
      notes: { ...notes, before_rollback: beforeRollback },
    }),
  );
}
