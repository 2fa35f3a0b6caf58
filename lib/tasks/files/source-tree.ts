import { type Dirent, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import picomatch from 'picomatch';
import { DabookError, messageOf } from '../../errors.ts';
import { sha256Of } from '../../sha256.ts';
import { type ControlFile, controlFile } from './control-file.ts';

/** A folder of the control machine with all below it. */
export interface SourceTree {
  readonly path: string;
  /** Paths below it, each folder before what is in it. */
  readonly folders: readonly string[];
  readonly files: readonly SourceFile[];
  /** A checksum of all that is in it. */
  readonly digest: string;
}

export interface SourceFile extends Omit<ControlFile, 'path' | 'mode'> {
  /** Below the folder. */
  readonly path: string;
  readonly isExecutable: boolean;
}

/** Larger files do not fit into what carries a tree. Bytes. */
const largest = 8 * 2 ** 30 - 1;

/**
 * Looks at a folder of the control machine. Files are read for their checksums alone, and not again while they stay
 * the same.
 * @param exclude patterns of what is left out, with all in it: `*.log` wherever it is, `docs/draft` there alone
 * @throws DabookError `playbook` for what cannot be read, for links and special files, and for a name that is no
 * UTF-8 or has a newline
 */
export function sourceTree(src: string | URL, exclude: readonly string[]): SourceTree {
  const path = resolve(src instanceof URL ? fileURLToPath(src) : src);
  const isLeftOut = matcher(exclude);
  const folders: string[] = [];
  const files: SourceFile[] = [];
  const walk = (folder: string) => {
    for (const entry of entriesOf(folder === '' ? path : `${path}/${folder}`)) {
      const below = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isLeftOut(below, entry.name)) continue;
      refuseOdd(`${path}/${below}`, entry);
      if (entry.isDirectory()) {
        folders.push(below);
        walk(below);
      } else files.push(fileAt(path, below));
    }
  };
  walk('');
  const digest = sha256Of(
    JSON.stringify([folders, files.map((file) => [file.path, file.sha256, file.isExecutable])]),
  );
  return { path, folders, files, digest };
}

function fileAt(root: string, below: string): SourceFile {
  const whole = `${root}/${below}`;
  const { path: _path, mode, ...file } = controlFile(whole);
  if (file.size > largest) throw unfit(`${whole} has 8 GiB or more`, 'give it to copyFile by itself');
  return { ...file, path: below, isExecutable: (mode & 0o100) !== 0 };
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new DabookError(
      'playbook',
      `${folder} cannot be read as a folder of the control machine: ${messageOf(cause)}`,
      {
        hint: 'src is relative to the folder in which dabook runs; new URL("name/", import.meta.url) is beside the playbook',
        cause,
      },
    );
  }
}

function matcher(exclude: readonly string[]): (below: string, name: string) => boolean {
  const trimmed = exclude.map((pattern) => pattern.replace(/\/+$/, ''));
  const names = trimmed.filter((pattern) => !pattern.includes('/'));
  const paths = trimmed
    .filter((pattern) => pattern.includes('/'))
    .map((pattern) => pattern.replace(/^\.?\//, ''));
  const [isName, isPath] = [names, paths].map((patterns) => picomatch(patterns, { dot: true }));
  return (below, name) => isName?.(name) === true || isPath?.(below) === true;
}

function refuseOdd(path: string, entry: Dirent): void {
  const hint = 'leave it out by exclude, or put a file there';
  if (entry.isSymbolicLink()) throw unfit(`${path} is a symbolic link`, hint);
  if (!entry.isFile() && !entry.isDirectory()) throw unfit(`${path} is neither a file nor a folder`, hint);
  if (/[\n\uFFFD]/.test(entry.name)) {
    throw unfit(`${JSON.stringify(path)} has a newline in its name, or is no UTF-8`, 'give it another name');
  }
}

function unfit(what: string, hint: string): DabookError {
  return new DabookError('playbook', `copyTree: ${what}`, { hint });
}
