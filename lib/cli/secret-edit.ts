import { spawn } from 'node:child_process';
import { lstat, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { readSecretFile } from '../secrets/read-secret-file.ts';
import { sealAge } from '../secrets/seal-age.ts';
import { shellWords } from '../shell-words.ts';
import { writeControlFile, writeNewControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';
import {
  givenFile,
  keepRecipients,
  largestFile,
  opened,
  type RecipientFlags,
  recipientsFor,
} from './secret-files.ts';
import { secretKeys } from './secret-keys.ts';
import type { SecretFlags } from './secret-options.ts';

/**
 * Has the operator edit an encrypted file, or write a new one: its plain text is in memory where the system has such a
 * place for files, in a folder of this user alone, and removed however it ends. A text that stays as it was leaves the
 * file as it was.
 * @throws DabookError where it cannot be opened or encrypted, or where the editor fails
 */
export async function editFile(io: Io, name: string, flags: SecretFlags & RecipientFlags): Promise<void> {
  const path = resolve(io.cwd(), name);
  if (!name.endsWith('.age')) throw new DabookError('usage', `${name} is not named .age`, { hint: see });
  const isThere = (await lstat(path).catch(() => undefined)) !== undefined;
  const file = isThere ? await givenFile(io, name) : { name, path };
  // Before anybody types what could not be encrypted.
  const { recipients, isNew } = await recipientsFor(io, file, flags);
  await sealAge(new Uint8Array(), recipients);
  const before = 'bytes' in file ? await opened(file, secretKeys(io, flags)) : Buffer.alloc(0);
  const after = await edited(io, basename(name, '.age'), before);
  if (after.equals(before)) {
    io.stdout.write(`${name}: nothing was changed\n`);
    return;
  }
  const content = await sealAge(after, recipients);
  if (isNew) await keepRecipients(path, recipients);
  if (isThere) await writeControlFile(path, content);
  else if (!(await writeNewControlFile(path, content))) {
    throw new DabookError('usage', `${name} is there by now: somebody else made it; it was not changed`);
  }
  io.stdout.write(`${name}: encrypted for ${recipients.length}\n`);
}

const see = 'see: dabook secret edit --help';

/**
 * What ends a process that does not listen to it. Left out are those that nobody can catch, and those of a fault of the
 * process itself. SIGUSR1 starts Node's debugger.
 */
const ending: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGABRT',
  'SIGTRAP',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
];

async function edited(io: Io, name: string, text: Buffer): Promise<Buffer> {
  const end = new AbortController();
  const onEnd = () => end.abort();
  // Ctrl-C is the editor's. Whatever else would end dabook ends the editor, so that what is left is removed; before
  // there is anything to remove.
  const keep = () => {};
  io.on('SIGINT', keep);
  for (const signal of ending) io.on(signal, onEnd);
  const folder = await privateFolder(io);
  const path = join(folder, name);
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    await runEditor(io, path, end.signal);
    return await readLeft(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
    io.off('SIGINT', keep);
    for (const signal of ending) io.off(signal, onEnd);
  }
}

/** An editor may remove the file, or put something else in its place. */
async function readLeft(path: string): Promise<Buffer> {
  try {
    return (await readSecretFile(path, 'what the editor left', largestFile)).bytes;
  } catch (error) {
    throw new DabookError('usage', `${messageOf(error)}; nothing was changed`, { cause: error });
  }
}

/** In memory, where there is such a folder. */
async function privateFolder({ env }: Io): Promise<string> {
  const given = env.XDG_RUNTIME_DIR;
  for (const place of [...(given && isAbsolute(given) ? [given] : []), '/dev/shm']) {
    const made = await mkdtemp(join(place, 'dabook-')).catch(() => undefined);
    if (made !== undefined) return made;
  }
  return mkdtemp(join(tmpdir(), 'dabook-'));
}

/** @param end ends the editor */
function runEditor(io: Io, path: string, end: AbortSignal): Promise<void> {
  const interrupted = () => new DabookError('interrupted', 'interrupted; nothing was changed');
  const [editor = '', ...args] = shellWords(io.env.VISUAL || io.env.EDITOR || 'vi');
  return new Promise((done, fail) => {
    if (end.aborted) return fail(interrupted());
    const child = spawn(editor, [...args, path], { stdio: 'inherit', cwd: io.cwd(), env: { ...io.env } });
    end.addEventListener('abort', () => child.kill('SIGTERM'));
    const hint = 'set VISUAL or EDITOR to the editor that you use';
    child.on('error', ({ message }) =>
      fail(new DabookError('usage', `the editor cannot be run: ${message}`, { hint })),
    );
    child.on('close', (status, signal) => {
      if (end.aborted) return fail(interrupted());
      if (status === 0) return done();
      const how = status === null ? signal : `exit status ${status}`;
      fail(new DabookError('usage', `the editor ended with ${how}; nothing was changed`, { hint }));
    });
  });
}
