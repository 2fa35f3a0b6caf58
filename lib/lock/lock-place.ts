import { sh } from '../sh.ts';

/**
 * Sets $l to the file that is locked on a host: where every user may make one, so that all of them agree on it,
 * and gone after a reboot where there is such a place.
 */
export const lockPlace = sh`l=/tmp
[ ! -k /run/lock ] || [ -L /run/lock ] || l=/run/lock
l=$l/dabook.lock`;

/** Who holds a lock, as the holder wrote it there. */
export interface LockNote {
  /** Id of the run; empty where the file says nothing. */
  readonly run: string;
  /** Who, since when and from where, in words. */
  readonly holder: string;
}

/** Reads the first line of a locked file: the run, its keeper's process group, and for people who it is. */
export function readLockNote(line: string): LockNote {
  const [run = '', , ...words] = line.split(' ');
  return { run, holder: words.join(' ') || 'a run that says nothing of itself' };
}
