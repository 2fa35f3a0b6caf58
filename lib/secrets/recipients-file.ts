import { dirname, join } from 'node:path';
import { DabookError } from '../errors.ts';
import { readSecretFile } from './read-secret-file.ts';

/** The recipients that the files of a folder, and of those in it, are encrypted for. */
export interface RecipientsFile {
  readonly path: string;
  readonly recipients: readonly string[];
}

/** What it is named. An encrypted file itself does not tell whom it is for. */
export const recipientsName = '.age-recipients';

/**
 * The file of recipients that counts in a folder: its own, or the nearest one above it.
 * @param folder absolute
 * @param owner the user's number: somebody else's file could have secrets encrypted for that one
 * @returns nothing where there is none
 * @throws DabookError `inventory` where it cannot be used
 */
export async function findRecipients(
  folder: string,
  owner: number | undefined,
): Promise<RecipientsFile | undefined> {
  const path = join(folder, recipientsName);
  const found = await readSecretFile(path, path).catch((error: unknown) => {
    const { cause } = error as DabookError;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined)
    return dirname(folder) === folder ? undefined : findRecipients(dirname(folder), owner);
  const isOthers = found.owner !== owner && found.owner !== 0;
  if (isOthers || (found.mode & 0o002) !== 0) {
    throw new DabookError(
      'inventory',
      `${path} ${isOthers ? 'belongs to another user' : 'can be written to by everybody'}`,
      {
        hint: 'who writes to it decides for whom secrets are encrypted: make it yours',
      },
    );
  }
  const recipients = recipientsIn(found.bytes.toString());
  if (recipients.length > 0) return { path, recipients };
  throw new DabookError('inventory', `${path} names no recipient`, {
    hint: 'one a line, each begins with age1',
  });
}

/** One a line; empty lines and those that begin with # are left out. */
export function recipientsIn(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
