import { dirname } from 'node:path/posix';
import { distinctNeeds } from '../../distinct-needs.ts';
import type { Need } from '../../step.ts';
import type { SavedFile } from './parse-listing.ts';
import type { Manifest } from './read-archive.ts';
import { isWithin } from './saved-paths.ts';

/**
 * Which rights it takes to bring files back. The folders that something is put into get their time back, which only
 * their owner sets.
 * @param isThere whether there is something at a path of the archive now
 */
export function restoreNeeds(
  { paths, files }: Manifest,
  differing: readonly SavedFile[],
  isThere: (path: string) => boolean,
): readonly Need[] {
  const made = paths
    .filter((root) => differing.some(({ path }) => isWithin(path, root)))
    .map((root): Need => ({ kind: 'make', path: dirname(root) }));
  const put = differing.flatMap(({ path, type, uid, gid }): readonly Need[] => {
    const owners = { owner: `${uid}`, group: `${gid}` };
    if (type === 'directory' && isThere(path)) return [{ kind: 'own', path, ...owners }];
    return [
      { kind: 'write', path: dirname(path), ...owners, size: 0 },
      ...(type === 'directory' ? [] : [{ kind: 'replace', path } as const]),
    ];
  });
  const folders = new Set(files.flatMap(({ type, path }) => (type === 'directory' ? [path] : [])));
  const written = new Set(differing.map(({ path }) => dirname(path)));
  const timed = [...written].filter((path) => folders.has(path) && isThere(path));
  return distinctNeeds([...made, ...put, ...timed.map((path): Need => ({ kind: 'own', path }))]);
}
