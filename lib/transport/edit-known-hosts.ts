import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { fileStamp } from '../file-stamp.ts';
import { jitter, whileLocked } from './file-lock.ts';
import { type KnownKey, nameMatcher, partsOf } from './known-hosts.ts';

/** A key that a host is to be known by. */
export interface NewKey {
  /** As known_hosts files name the host: `web1`, `[web1]:2222`. */
  readonly name: string;
  readonly type: string;
  readonly blob: Buffer;
}

/** A key that a host is no longer known by. Not a line: others may have written the file since it was read. */
export interface OldKey extends Pick<KnownKey, 'type' | 'key'> {
  readonly name: string;
}

/** How often it is begun anew when ssh or an editor, which know no lock, write at the same time. */
const rounds = 10;

/**
 * Writes keys into a known_hosts file, once and atomically: whoever reads it finds it as it was, or whole. Of keys that are
 * taken out other names stay in their lines, and patterns stay good for all others. All other lines stay byte for byte,
 * comments included. Several at once come one after the other. A file that is not there is made for the user alone; one that is there
 * keeps its mode, and its owner where root writes, and a link to it stays one.
 * @throws DabookError `command` where it cannot be written; nothing has changed then
 */
export async function editKnownHosts(
  file: string,
  add: readonly NewKey[],
  remove: readonly OldKey[] = [],
): Promise<void> {
  await refuseNoFile(file);
  try {
    const path = await targetOf(file);
    await mkdir(dirname(path), { mode: 0o700 }).catch(() => {});
    await whileLocked(join(dirname(path), `.dabook-${basename(path)}.lock`), async () => {
      for (let round = 0; round < rounds; round++) {
        if (await editOnce(path, add, remove)) return;
        await jitter();
      }
      throw new Error('others write it all the time');
    });
  } catch (cause) {
    throw new DabookError('command', `${file} cannot be written: ${messageOf(cause)}`, {
      hint: 'may this user write there, and is there room on the disk?',
      cause,
    });
  }
}

/**
 * Refuses a known_hosts file that is no file, such as /dev/null: what is written beside it and renamed would take its place.
 * @throws DabookError `command`
 */
export async function refuseNoFile(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there === undefined || there.isFile()) return;
  throw new DabookError('command', `no host key can be kept in ${file}: it is no regular file`, {
    hint: 'name a file for them in the ssh configuration (UserKnownHostsFile), or pin the keys in the inventory (hostKey)',
  });
}

/** @returns false where somebody else wrote it meanwhile */
async function editOnce(path: string, add: readonly NewKey[], remove: readonly OldKey[]): Promise<boolean> {
  const before = await stampOf(path);
  const bytes = before === undefined ? Buffer.alloc(0) : await readFile(path);
  // Not as text: what is no UTF-8 in a comment stays what it is.
  const text = bytes.toString('latin1');
  const after = edited(text, add, remove);
  if (after === text) return true;
  const there = before === undefined ? undefined : await stat(path);
  const mode = there === undefined ? 0o600 : there.mode & 0o777;
  const beside = join(dirname(path), `.dabook-${randomBytes(8).toString('hex')}`);
  try {
    const draft = await open(beside, 'wx', mode);
    try {
      // Behind sudo it may be another user's, whose ssh could not read it any more.
      if (there !== undefined && process.getuid?.() === 0) await draft.chown(there.uid, there.gid);
      // Whatever the umask took from it.
      await draft.chmod(mode);
      await draft.writeFile(Buffer.from(after, 'latin1'));
      await draft.sync();
    } finally {
      await draft.close();
    }
    if ((await stampOf(path)) !== before) return false;
    await rename(beside, path);
    return true;
  } finally {
    await rm(beside, { force: true });
  }
}

/** Where it is in truth, or will be: a link may lead to a file that is yet to be made. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const target = await readlink(file).catch(() => undefined);
    return target === undefined ? file : targetOf(resolve(await realpath(dirname(file)), target));
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function stampOf(file: string): Promise<string | undefined> {
  try {
    return fileStamp(await stat(file, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function edited(text: string, add: readonly NewKey[], remove: readonly OldKey[]): string {
  const rest = remove.length === 0 ? text : withoutKeys(text.split('\n'), remove).join('\n');
  const separator = rest === '' || rest.endsWith('\n') ? '' : '\n';
  const added = add.map(({ name, type, blob }) => `${name} ${type} ${blob.toString('base64')}\n`);
  return added.length === 0 ? rest : rest + separator + added.join('');
}

function withoutKeys(lines: readonly string[], remove: readonly OldKey[]): readonly string[] {
  return lines.flatMap((line) => {
    const parts = partsOf(line);
    if (parts?.marker !== 'none') return [line];
    let { names } = parts;
    for (const { name, type, key } of remove) {
      if (type === parts.type && key === parts.key && nameMatcher(names)(name))
        names = withoutName(names, name);
    }
    if (names === parts.names) return [line];
    return names === '' ? [] : [line.replace(parts.names, () => names)];
  });
}

/** The names of a line without one of them, for which an exception is made of a pattern; none where it named no other. */
function withoutName(names: string, name: string): string {
  if (names.startsWith('|')) return '';
  const others = names.split(',').filter((one) => one.toLowerCase() !== name.toLowerCase());
  if (others.every((one) => one.startsWith('!'))) return '';
  const rest = others.join(',');
  return nameMatcher(rest)(name) ? `${rest},!${name}` : rest;
}
