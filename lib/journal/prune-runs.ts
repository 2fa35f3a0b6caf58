import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DabookError } from '../errors.ts';
import { isRunning } from '../is-running.ts';
import { readMeta } from './read-journal.ts';
import { isRunId } from './run-id.ts';
import { journalFile } from './runs-place.ts';

/** Milliseconds for which a run of another machine is taken to be still running. */
const LONGEST_RUN = 24 * 60 * 60 * 1000;

/**
 * Removes the oldest runs, so that so many are left. One that still runs stays, or may still run on another machine;
 * and so does whatever else lies in the folder.
 * @param keep how many runs are kept, from 1
 */
export async function pruneRuns(folder: string, keep: number): Promise<void> {
  for (const id of (await runIds(folder)).slice(0, -keep)) {
    const run = join(folder, id);
    if (await mayRun(join(run, journalFile))) continue;
    await rm(run, { recursive: true, force: true });
  }
}

/**
 * The ids of the runs in a folder, oldest first; none where there is no such folder.
 * @throws DabookError `usage` where it cannot be read
 */
export async function runIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new DabookError('usage', `the runs in ${folder} cannot be read: ${error.message}`, {
      cause: error,
    });
  });
  const sorted = names.filter(isRunId).sort();
  const isRun = await Promise.all(sorted.map((id) => isFile(join(folder, id))));
  return sorted.filter((_id, index) => isRun[index]);
}

/** A link is no run: what it leads to is not dabook's. */
async function isFile(run: string): Promise<boolean> {
  const found = await Promise.all([lstat(run), lstat(join(run, journalFile))]).catch(() => undefined);
  return found?.[0].isDirectory() === true && found[1].isFile();
}

async function mayRun(journal: string): Promise<boolean> {
  // One whose first line cannot be read is of a run that ended before it wrote it, so many runs ago.
  const meta = await readMeta(journal).catch(() => undefined);
  if (meta === undefined) return false;
  return isRunning(meta.by) ?? Date.now() - Date.parse(meta.at) < LONGEST_RUN;
}
