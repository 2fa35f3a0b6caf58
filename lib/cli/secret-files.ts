import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import type { Keys } from '../secrets/keys.ts';
import { openAge } from '../secrets/open-age.ts';
import { readSecretFile } from '../secrets/read-secret-file.ts';
import { findRecipients, recipientsIn, recipientsName } from '../secrets/recipients-file.ts';
import { writeNewControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';

/** What an inventory reads of one file, in MiB; encoded as text it is larger. */
export const largestFile = 24;

/** The recipients named on the command line. */
export interface RecipientFlags {
  readonly recipient?: readonly string[];
  readonly recipientsFile?: readonly string[];
}

/** A file of the command line, with its place and what is in it. */
export interface GivenFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Names of files, each file once, however it is written: the first of its names. */
export async function distinct(io: Io, names: readonly string[]): Promise<readonly string[]> {
  const files = new Map<string, string>();
  for (const name of names) {
    const path = resolve(io.cwd(), name);
    // A link itself is not followed.
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    const file = join(folder, basename(path));
    if (!files.has(file)) files.set(file, name);
  }
  return [...files.values()];
}

/**
 * Reads a file that is named on the command line. A link is not followed: the file is about to be replaced.
 * @throws DabookError `inventory` where it cannot be read
 */
export async function givenFile(io: Io, name: string): Promise<GivenFile> {
  const path = resolve(io.cwd(), name);
  if ((await lstat(path).catch(() => undefined))?.isSymbolicLink()) {
    throw new DabookError('inventory', `${name} is a link`, { hint: 'name the file that it leads to' });
  }
  return { name, path, bytes: (await readSecretFile(path, name, largestFile)).bytes };
}

/** @throws DabookError `inventory` with the name of the file, where it cannot be opened */
export async function opened(
  { name, bytes }: Pick<GivenFile, 'name' | 'bytes'>,
  keys: Keys,
): Promise<Buffer> {
  try {
    return await openAge(bytes, keys, name);
  } catch (error) {
    if (!(error instanceof DabookError) || error.code !== 'inventory') throw error;
    throw new DabookError('inventory', `${name}: ${error.message}`, { hint: error.hint, cause: error.cause });
  }
}

/**
 * Those that a file is to be encrypted for: all files below a file of recipients have the same, so that an edit or a
 * rekey does not change them unseen.
 * @throws DabookError `usage` where none are known, or others are given than count there
 */
export async function recipientsFor(
  io: Io,
  { path, name }: Pick<GivenFile, 'path' | 'name'>,
  flags: RecipientFlags = {},
): Promise<{ readonly recipients: readonly string[]; readonly isNew: boolean }> {
  const known = await findRecipients(dirname(path), process.getuid?.());
  const given = [...(flags.recipient ?? [])];
  for (const file of flags.recipientsFile ?? []) {
    const { bytes } = await readSecretFile(resolve(io.cwd(), file), file);
    given.push(...recipientsIn(bytes.toString()));
  }
  if (known === undefined && given.length > 0) return { recipients: [...new Set(given)], isNew: true };
  if (known === undefined) {
    throw new DabookError(
      'usage',
      `for whom ${name} is to be encrypted is not known: there is no ${recipientsName}`,
      {
        hint: `name the recipients, one a line, in ${join(dirname(path), recipientsName)}, or in a folder above it`,
      },
    );
  }
  if (given.length > 0 && !isSame(given, known.recipients)) {
    throw otherRecipients(known.path);
  }
  return { recipients: known.recipients, isNew: false };
}

function otherRecipients(path: string): DabookError {
  return new DabookError('usage', `the recipients given are not those of ${path}`, {
    hint: 'change that file, then: dabook secret rekey FILE…',
  });
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join('\n') === [...others].sort().join('\n');
}

/**
 * Keeps the recipients of the first file that is encrypted in a folder.
 * @throws DabookError `usage` where others are kept there by now
 */
export async function keepRecipients(path: string, recipients: readonly string[]): Promise<void> {
  const file = join(dirname(path), recipientsName);
  if (await writeNewControlFile(file, Buffer.from(`${recipients.join('\n')}\n`))) return;
  const known = await findRecipients(dirname(path), process.getuid?.());
  if (known === undefined || !isSame(recipients, known.recipients)) throw otherRecipients(file);
}
