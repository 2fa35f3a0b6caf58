import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DabookError } from '../errors.ts';

/**
 * The folder for what dabook keeps between runs: `$XDG_CACHE_HOME/dabook`, else `~/.cache/dabook`. Code
 * that is run comes from it, so it must belong to this user and be writable by nobody else.
 * @throws DabookError `usage` when it is not so
 */
export async function cacheDir(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<string> {
  const folder = join(env.XDG_CACHE_HOME ?? join(home, '.cache'), 'dabook');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  const safe = uid === process.getuid?.() && (mode & 0o022) === 0;
  if (safe) return folder;
  throw new DabookError('usage', `${folder} could be written to by others`, {
    hint: `make it yours alone: chmod 700 ${folder}, or set XDG_CACHE_HOME`,
  });
}
