import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import { writeNewControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';
import { defaultIdentity } from './secret-keys.ts';

/**
 * Makes an identity of age, for its user alone, and prints its recipient.
 * @param file where it is kept; by default where it is looked for
 * @throws DabookError `usage` where there is a file already
 */
export async function makeIdentity(io: Io, file: string | undefined): Promise<void> {
  const path = file === undefined ? defaultIdentity(io) : resolve(io.cwd(), file);
  if (path === undefined) throw new DabookError('usage', 'there is no home folder: name a file');
  const isThere = () =>
    new DabookError('usage', `${path} is there already`, { hint: 'what it opens nothing else would' });
  if (await lstat(path).catch(() => undefined)) throw isThere();
  const { generateIdentity, identityToRecipient } = await import('age-encryption');
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  const content = Buffer.from(`# recipient: ${recipient}\n${identity}\n`);
  if (!(await writeNewControlFile(path, content))) throw isThere();
  io.stderr.write(`dabook: the identity is in ${path}: keep it safe. Its recipient, for everybody to see:\n`);
  io.stdout.write(`${recipient}\n`);
}
