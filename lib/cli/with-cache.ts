import { constants } from 'node:fs';
import { access, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DabookError } from '../errors.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';

/**
 * Does work with the folder for what dabook keeps between runs: `$XDG_CACHE_HOME/dabook`, else
 * `~/.cache/dabook`. Where that cannot be written to, with an empty one that is removed afterwards; with
 * none where that cannot be had either. Code that is run comes from it, so it must belong to this user and
 * be writable by nobody else.
 * @throws DabookError `usage` when others could write to it
 */
export async function withCache<T>(io: Io, work: (folder: string | undefined) => Promise<T>): Promise<T> {
  const kept = await keptFolder(io);
  if (kept !== undefined) return work(kept);
  const folder = await mkdtemp(join(tmpdir(), 'dabook-')).catch(() => undefined);
  try {
    return await work(folder);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function keptFolder(io: Io): Promise<string | undefined> {
  const given = io.env.XDG_CACHE_HOME;
  const { home } = operator(io);
  const base = given && isAbsolute(given) ? given : home && join(home, '.cache');
  if (!base) return undefined;
  const folder = join(base, 'dabook');
  // Not mkdir's own way to make the folders above: on some file systems it never ends.
  for (const path of [base, folder]) await mkdir(path, { mode: 0o700 }).catch(() => undefined);
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return undefined;
  const { uid, mode } = found;
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new DabookError('usage', `${folder} could be written to by others`, {
      hint: `make it yours alone: chmod 700 ${folder}, or set XDG_CACHE_HOME`,
    });
  }
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => folder,
    () => undefined,
  );
}
