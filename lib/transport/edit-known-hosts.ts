import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { fileStamp } from '../file-stamp.ts';
import { nameMatcher } from './known-hosts.ts';

/** A key that a host is to be known by. */
export interface NewKey {
  /** As known_hosts files name the host: `web1`, `[web1]:2222`. */
  readonly name: string;
  readonly type: string;
  readonly blob: Buffer;
}

/** A key that a host is no longer known by. */
export interface OldKey {
  readonly name: string;
  /** From 1. */
  readonly line: number;
}

/** How often it is begun anew when somebody else writes at the same time. */
const rounds = 10;

/**
 * Writes keys into a known_hosts file, once and atomically: whoever reads it finds it as it was, or whole. All other
 * lines stay byte for byte, comments included. A file that is not there is made for the user alone; one that is there
 * keeps its mode, and a link to it stays one.
 * @throws DabookError `command` where it cannot be written; nothing has changed then
 */
export async function editKnownHosts(
  file: string,
  add: readonly NewKey[],
  remove: readonly OldKey[] = [],
): Promise<void> {
  await refuseNoFile(file);
  try {
    for (let round = 0; round < rounds; round++) {
      if (await editOnce(file, add, remove)) return;
    }
    throw new Error('others write it all the time');
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
async function editOnce(file: string, add: readonly NewKey[], remove: readonly OldKey[]): Promise<boolean> {
  const before = await stampOf(file);
  if (before === undefined) await mkdir(dirname(file), { mode: 0o700 }).catch(() => {});
  const path = before === undefined ? file : await realpath(file);
  const bytes = before === undefined ? Buffer.alloc(0) : await readFile(path);
  const mode = before === undefined ? 0o600 : (await stat(path)).mode & 0o777;
  const beside = join(dirname(path), `.dabook-${randomBytes(8).toString('hex')}`);
  try {
    const draft = await open(beside, 'wx', mode);
    try {
      // Not as text: what is no UTF-8 in a comment stays what it is.
      await draft.writeFile(Buffer.from(edited(bytes.toString('latin1'), add, remove), 'latin1'));
      await draft.sync();
    } finally {
      await draft.close();
    }
    if ((await stampOf(file)) !== before) return false;
    await rename(beside, path);
    return true;
  } finally {
    await rm(beside, { force: true });
  }
}

async function stampOf(file: string): Promise<string | undefined> {
  try {
    return fileStamp(await stat(file, { bigint: true }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function edited(text: string, add: readonly NewKey[], remove: readonly OldKey[]): string {
  const lines = text.split('\n');
  for (const { name, line } of remove) {
    const old = lines[line - 1];
    if (old !== undefined) lines[line - 1] = withoutName(old, name);
  }
  const kept = lines.filter((line, index) => line !== gone || !remove.some((old) => old.line === index + 1));
  const rest = kept.join('\n');
  const separator = rest === '' || rest.endsWith('\n') ? '' : '\n';
  const added = add.map(({ name, type, blob }) => `${name} ${type} ${blob.toString('base64')}\n`);
  return rest + separator + added.join('');
}

/** In the place of a line that is taken out. */
const gone = '';

/** A line that no longer names that host; none where it named no other. */
function withoutName(line: string, name: string): string {
  const [names = ''] = line.trimStart().split(/\s+/);
  const others = names.split(',').filter((each) => !nameMatcher(each)(name));
  return others.length === 0 ? gone : line.replace(names, others.join(','));
}
