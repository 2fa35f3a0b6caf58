import type { DabookError, Host } from 'dabook';
import type { Membership } from 'dabook/tasks';
import { type BackupNotes, isOwnInstallation, notesOf } from './backup-notes.ts';
import type { Installation } from './installation.ts';
import { ownBackup } from './own-backup.ts';

/**
 * Why no rollback could take a host back to an installation of its own: it is none as it is, and no backup is of
 * a time when it was. Only reads.
 * @returns undefined when one could
 */
export async function noWayBack(
  host: Host,
  membership: Membership,
  installation: Installation,
): Promise<string | undefined> {
  const notes = await notesOf(host, membership, installation);
  if (isOwnInstallation(notes)) return undefined;
  const isSaved = await ownBackup(host.name, installation).then(
    () => true,
    (error: DabookError) => {
      if (error.code === 'refused') return false;
      throw error;
    },
  );
  if (isSaved) return undefined;
  return `${host.name} goes in with no way back: ${whyNone(notes)}, and there is no backup of it as an installation of its own, so that ha-rollback.ts would refuse it; if it may have to go back, stop here and start its own installation first`;
}

function whyNone({ role, alone, stack }: BackupNotes): string {
  if (role !== 'manager') return 'it is in no swarm of its own';
  return alone ? `its stack ${stack} is not deployed` : 'its swarm holds other nodes';
}
