import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isArchiveOf } from './archive-place.ts';
import { isLater } from './is-later.ts';

/**
 * The last of a host's archives that are younger than one of them: of a state that the host was in since.
 * @param path of the archive
 * @param name the host's, or what stands for it in the names of the archives
 * @returns undefined when it is the youngest itself
 */
export async function laterArchive(path: string, name: string): Promise<string | undefined> {
  const folder = dirname(path);
  const all = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const files = all.filter((file) => isArchiveOf(name, file));
  const dated = await Promise.all(
    files.map(async (file) => ({ path: join(folder, file), made: (await lstat(join(folder, file))).mtime })),
  );
  const own = dated.find((one) => one.path === path);
  if (own === undefined) return undefined;
  return dated
    .filter((one) => isLater(one, own))
    .sort((a, b) => (isLater(a, b) ? 1 : -1))
    .at(-1)?.path;
}
