import { refuse } from 'dabook';
import { listBackups } from 'dabook/tasks';
import { BackupNotes, isOwnInstallation } from './backup-notes.ts';
import type { Installation } from './installation.ts';

export interface OwnBackup {
  /** The archive, on the control machine. */
  readonly path: string;
  readonly notes: BackupNotes;
}

/**
 * The last backup of a host from when it was an installation of its own: the only node of its own swarm, with
 * its stack deployed. What a rollback saved before it began does not count.
 * @throws DabookError `refused` when there is none; and when a later one is damaged, since nobody can tell
 * whether it is the one to take
 */
export async function ownBackup(host: string, { backup_dir }: Installation): Promise<OwnBackup> {
  const backups = await listBackups(backup_dir, host);
  const own = backups.flatMap(({ path, notes }, index) => {
    const read = BackupNotes.safeParse(notes);
    const isOwn = read.success && isOwnInstallation(read.data) && !read.data.before_rollback;
    return isOwn ? [{ path, notes: read.data, index }] : [];
  });
  const last = own.at(-1);
  const later = backups.slice((last?.index ?? -1) + 1);
  const damaged = later
    .flatMap(({ path, damage }) => (damage === undefined ? [] : [{ path, damage }]))
    .at(-1);
  if (damaged !== undefined) {
    const { path, damage } = damaged;
    throw refuse(
      `the backup ${path} of ${host} is damaged, and may be its last as an installation of its own: ${damage}`,
      last === undefined
        ? `put a sound copy of it in its place; there is no other backup of ${host} as an installation of its own`
        : `put a sound copy of it in its place; or move it away, and ${last.path} is taken, which is older`,
    );
  }
  if (last !== undefined) return { path: last.path, notes: last.notes };
  throw refuse(
    `${backup_dir} has no backup of ${host} from when it was an installation of its own${backups.length === 0 ? '' : ` with its services deployed (${backups.length} of other states)`}`,
    'name the folder of the backups in the inventory: backup_dir; or leave the host out: --limit',
  );
}
