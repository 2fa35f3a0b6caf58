import { lstat, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DabookError } from '../errors.ts';

/** Where journals are kept. */
export interface RunsPlace {
  /** Absolute; each run has a folder in it, named by its id. */
  readonly folder: string;
  /** The folder above it, where that is dabook's own too. */
  readonly own?: string;
}

/** The name of the file in a run's folder. */
export const journalFile = 'journal.jsonl';

/** `.dabook/runs` below a folder. */
export function runsBelow(folder: string): RunsPlace {
  const own = join(folder, '.dabook');
  return { folder: join(own, 'runs'), own };
}

/**
 * Makes the folder for journals where it is missing, for this user alone. One of dabook's own gets a `.gitignore`, so
 * that nobody commits what is in it.
 * @throws DabookError `usage` where others could write to it, and whatever the system says where it cannot be made
 */
export async function makeRunsFolder({ folder, own }: RunsPlace): Promise<void> {
  if (own !== undefined) {
    if (await makeFolders(own)) await writeFile(join(own, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 });
    await refuseOthers(own, lstat);
  }
  await makeFolders(folder);
  await refuseOthers(folder, own === undefined ? stat : lstat);
}

/**
 * Sees to it that nobody else can have written what is read from a folder for journals.
 * @throws DabookError `usage` where somebody can
 */
export async function refuseOthersRuns({ folder, own }: RunsPlace): Promise<void> {
  if (own !== undefined) await refuseOthers(own, lstat);
  await refuseOthers(folder, own === undefined ? stat : lstat);
}

/** A folder that was named by the operator may be reached through a link; in dabook's own place nobody means one. */
async function refuseOthers(folder: string, look: typeof stat): Promise<void> {
  const found = await look(folder);
  if (!found.isDirectory()) throw new DabookError('usage', `${folder} is not a folder`);
  const owner = process.getuid?.();
  if (owner !== undefined && found.uid !== owner) {
    throw new DabookError('usage', `${folder} belongs to another user`, {
      hint: 'name a folder of your own: DABOOK_RUNS=<folder>',
    });
  }
  if (owner !== undefined && (found.mode & 0o022) !== 0) {
    throw new DabookError('usage', `${folder} could be written to by others`, {
      hint: `make it yours alone: chmod go-w ${folder}`,
    });
  }
}

/** Whether the last one of the folders was missing. Not mkdir's own way: on some file systems it never ends. */
async function makeFolders(path: string): Promise<boolean> {
  const made = await makeFolder(path);
  if (made !== 'no parent') return made;
  await makeFolders(dirname(path));
  const again = await makeFolder(path);
  // As the system says it.
  if (again === 'no parent') await mkdir(path);
  return again === true;
}

async function makeFolder(path: string): Promise<boolean | 'no parent'> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT' && dirname(path) !== path) return 'no parent';
    throw error;
  }
}
