import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DabookError, messageOf } from './errors.ts';
import { sha256Of } from './sha256.ts';

/**
 * Writes a file of the control machine that only its user may read, from its first byte on. It is written
 * beside its place and renamed over it once it is on the disk, so nobody finds half of it, not even after a
 * power cut. Folders that are missing are made for the user alone; those that are there stay as they are.
 * What a writer that was killed left in the folder is removed. A link is replaced and not followed; a device, a pipe and
 * the like are not replaced.
 * @throws DabookError `command` when it cannot be written; nothing is left of it then
 */
export function writeControlFile(path: string, content: Uint8Array): Promise<void> {
  return write(path, content, (beside) => rename(beside, path));
}

/**
 * Writes a file as {@link writeControlFile} does, and only where there is none: of several that write it at the same
 * moment one does.
 * @returns whether it is written; false where something is there
 * @throws DabookError `command` when it cannot be written; nothing is left of it then
 */
export async function writeNewControlFile(path: string, content: Uint8Array): Promise<boolean> {
  let isWritten = true;
  await write(path, content, async (beside) => {
    await linkOrWrite(beside, path, content).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      isWritten = false;
    });
    await rm(beside);
  });
  return isWritten;
}

/** On a file system that has no links, it is not there all at once. */
async function linkOrWrite(beside: string, path: string, content: Uint8Array): Promise<void> {
  await link(beside, path).catch(async (error: NodeJS.ErrnoException) => {
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(error.code ?? '')) throw error;
    await writeWhole(path, content);
  });
}

/** @param place has what is written beside its place there, under its name */
async function write(
  path: string,
  content: Uint8Array,
  place: (beside: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  const beside = join(folder, nameOfDraft());
  try {
    await refuseDevice(path);
    await makeFolder(folder);
    await removeLeftovers(folder);
    await writeWhole(beside, content);
    await place(beside);
    await synchronize(folder);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw new DabookError(
      'command',
      `${path} of the control machine cannot be written: ${messageOf(cause)}`,
      {
        hint: 'may this user write there, and is there room on the disk?',
        cause,
      },
    );
  }
}

/** What is renamed over a device takes its place, for all programs of the machine where root does it. */
async function refuseDevice(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined || there.isFile()) return;
  const target = there.isSymbolicLink() ? await stat(path).catch(() => undefined) : there;
  // Such as /dev/stdout, which is a link to whatever stdout is.
  const isStream = there.isSymbolicLink() && /^\/(dev|proc)\//.test(await readlink(path));
  if (isStream || target?.isFile() === false) throw new Error('it is there, and is no regular file');
}

/** Not mkdir's own way to make the folders above, which never ends on some file systems. */
async function makeFolder(folder: string): Promise<void> {
  const make = () =>
    mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    const above = dirname(folder);
    if (error.code !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above);
    await make();
  });
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Has the new name itself on the disk. */
async function synchronize(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * `.dabook-<machine>-<pid>-<random>`: who writes it can be asked after. A folder may be shared by several
 * machines, and by containers; a process is known on its own one only.
 */
function nameOfDraft(): string {
  return `${startOfDraft()}${process.pid}-${randomBytes(6).toString('hex')}`;
}

function startOfDraft(): string {
  return `.dabook-${sha256Of(hostname()).slice(0, 12)}-`;
}

/** Removes what processes of this machine left that do not run any more. One that cannot be removed stays. */
async function removeLeftovers(folder: string): Promise<void> {
  const start = startOfDraft();
  for (const name of await readdir(folder)) {
    const [, pid] = /^(\d+)-[0-9a-f]{12}$/.exec(name.startsWith(start) ? name.slice(start.length) : '') ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name)).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
