import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what was written to a folder of kept things more than `days` ago. */
export async function removeOld(folder: string, days: number): Promise<void> {
  const oldest = Date.now() - days * 86_400_000;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await lstat(path)).mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}
