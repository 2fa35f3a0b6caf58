import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DabookError, messageOf } from '../../errors.ts';
import { controlPath, isArchiveOf } from './archive-place.ts';
import { isLater } from './is-later.ts';
import { lookAtArchive } from './look-at-archive.ts';
import type { Manifest } from './read-archive.ts';

/** An archive on the control machine. */
export type Backup = SoundBackup | DamagedBackup;

/** One that `restore` takes. */
export interface SoundBackup extends Manifest {
  readonly path: string;
  /** When its file was last written. */
  readonly made: Date;
  readonly damage?: undefined;
}

/** One that cannot be used. */
export interface DamagedBackup {
  readonly path: string;
  readonly made: Date;
  /** What is wrong with it: `it is cut off`. */
  readonly damage: string;
  /** What was noted down with it cannot be told. */
  readonly notes?: undefined;
}

/**
 * The backups of a host that are in a folder of the control machine, oldest first. Each is read whole, and
 * its files compared with their checksums: one with damage is told as such, and not left out. A host that
 * came back to a state that it had been in before has no second archive of it, but the one that it had is
 * made anew: the last one of the list is of the state that was backed up last.
 * @param to where `backup` put them
 * @param host the host's name, or the name that was given to `backup`
 * @returns none where the folder is not there
 * @throws DabookError `playbook` for a folder that cannot be read
 * @example const sound = (await listBackups('backups', 'ha1')).filter((one) => one.damage === undefined)
 */
export async function listBackups(to: string | URL, host: string): Promise<readonly Backup[]> {
  const folder = controlPath(to);
  const found: Backup[] = [];
  for (const file of await filesIn(folder)) {
    if (!isArchiveOf(host, file)) continue;
    const seen = await lookAtArchive(join(folder, file)).catch(unreadable(folder));
    if (seen === undefined) continue;
    const { path, made } = seen;
    found.push(
      seen.damage === undefined ? { ...seen.manifest, path, made } : { path, made, damage: seen.damage },
    );
  }
  return found.sort((a, b) => (isLater(a, b) ? 1 : -1));
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    return unreadable(folder)(error);
  }
}

function unreadable(folder: string): (cause: unknown) => never {
  return (cause) => {
    throw new DabookError('playbook', `the backups in ${folder} cannot be read: ${messageOf(cause)}`, {
      hint: 'they belong to the user who ran dabook, and nobody else may read them',
      cause,
    });
  };
}
