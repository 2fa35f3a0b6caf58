import { normalize } from 'node:path/posix';
import { DabookError } from '../../errors.ts';
import { absolutePath } from '../files/absolute-path.ts';

/** What of a host is saved. */
export interface SavedPaths {
  /** Files and folders with all that is below them; none of them is below another one. In order. */
  readonly paths: readonly string[];
  /** Files and folders below these that are left out with all that is below them. In order. */
  readonly exclude: readonly string[];
}

/**
 * Brings paths into the one form in which they are compared: without `..`, slashes at the end, repetitions.
 * @throws DabookError `playbook` for no path at all, a relative one, the root folder, and for something left
 * out that would not be saved anyway
 */
export function savedPaths(paths: readonly string[], exclude: readonly string[] = []): SavedPaths {
  const named = inOrder(paths.map(plainPath));
  if (named.length === 0) {
    throw new DabookError('playbook', 'a backup of no paths would hold nothing', { hint: 'name some paths' });
  }
  if (named.includes('/')) {
    throw new DabookError('playbook', 'the root folder cannot be saved as a whole', {
      hint: 'name the folders that the installation consists of',
    });
  }
  const outermost = named.filter((path) => !named.some((other) => other !== path && isWithin(path, other)));
  const left = inOrder(exclude.map(plainPath));
  const stray = left.find((path) => !outermost.some((saved) => path !== saved && isWithin(path, saved)));
  if (stray !== undefined) {
    throw new DabookError('playbook', `exclude names ${stray}, which is below none of the paths`, {
      hint: `give a path below ${outermost.join(' or ')}`,
    });
  }
  return { paths: outermost, exclude: left };
}

/** An absolute path without `..`, double slashes and slashes at its end. */
export function plainPath(path: string): string {
  return normalize(absolutePath(path)).replace(/(?<=.)\/$/, '');
}

/** Whether a path is a folder itself or below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function inOrder(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].sort();
}
