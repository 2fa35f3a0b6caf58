import { constants, type Stats } from 'node:fs';
import { access, chmod, lstat, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DabookError } from '../errors.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';

/** Folders of this user alone; none where there can be none. */
export interface Cache {
  /** Lasts as long as the work that it was given for. */
  readonly folder: string | undefined;
  /**
   * Lasts from run to run; for compiled code. Never a temporary folder: a module that is imported late would
   * look for code where somebody else can have put a folder of the same name since.
   */
  readonly kept: string | undefined;
}

/**
 * Does work with the folder for what dabook keeps between runs: `$XDG_CACHE_HOME/dabook`, else
 * `~/.cache/dabook`. Where that cannot be written to, with an empty one that is removed afterwards. Code
 * that is run comes from the kept one, so it must belong to this user and be writable by nobody else. bin/dabook.cjs
 * has the same rules for its own code: what changes here changes there. One that others may read is closed to them
 * here: compiled playbooks are in it, with the rights that the compiler gives them.
 * @throws DabookError `usage` when others could write to it
 */
export async function withCache<T>(io: Io, work: (cache: Cache) => Promise<T>): Promise<T> {
  const kept = await keptFolder(io);
  if (kept !== undefined) return work({ folder: kept, kept });
  const folder = await mkdtemp(join(tmpdir(), 'dabook-')).catch(() => undefined);
  try {
    return await work({ folder, kept });
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
  // Whoever may rename it can put another one in its place, in the middle of a run.
  const above = await stat(base).catch(() => undefined);
  if (above !== undefined && isOpen(above)) {
    throw new DabookError('usage', `${base} could be written to by others, so ${folder} is not safe there`, {
      hint: `make it yours alone: chmod go-w ${base}, or set XDG_CACHE_HOME`,
    });
  }
  const { uid, mode } = found;
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new DabookError('usage', `${folder} could be written to by others`, {
      hint: `make it yours alone: chmod 700 ${folder}, or set XDG_CACHE_HOME`,
    });
  }
  if (found.isDirectory() && !(await isClosed(folder, mode))) return undefined;
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => folder,
    () => undefined,
  );
}

/** Closes a folder of this user to others; some file systems know no rights, and do not. */
async function isClosed(folder: string, mode: number): Promise<boolean> {
  if ((mode & 0o077) === 0) return true;
  await chmod(folder, 0o700).catch(() => undefined);
  return ((await lstat(folder)).mode & 0o077) === 0;
}

/** Whether others may rename what is in a folder: with the sticky bit they may not. */
function isOpen({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}
