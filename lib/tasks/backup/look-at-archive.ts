import { lstat } from 'node:fs/promises';
import { messageOf } from '../../errors.ts';
import { type Manifest, readArchive } from './read-archive.ts';

/** An archive of the control machine, read and compared with what it says of itself. */
export type SeenArchive = {
  readonly path: string;
  /** Four octal digits. */
  readonly mode: string;
  /** When it was last written. */
  readonly made: Date;
} & (
  | { readonly damage?: undefined; readonly manifest: Manifest }
  | {
      /** Why it cannot be used: `it is cut off`. */
      readonly damage: string;
    }
);

/**
 * Looks at an archive.
 * @returns undefined when nothing is at the path
 * @throws Error when it may not even be looked at
 */
export async function lookAtArchive(path: string): Promise<SeenArchive | undefined> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return undefined;
  });
  if (stat === undefined) return undefined;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  const seen = { path, mode, made: stat.mtime };
  if (!stat.isFile()) return { ...seen, damage: 'it is no file' };
  try {
    return { ...seen, manifest: (await readArchive(path)).manifest };
  } catch (error) {
    return { ...seen, damage: messageOf(error) };
  }
}
