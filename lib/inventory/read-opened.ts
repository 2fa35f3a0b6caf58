import { dirname } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { readBounded } from '../read-bounded.ts';
import type { Keys } from '../secrets/keys.ts';
import type { Findings } from './findings.ts';
import { openText } from './open-text.ts';
import { type SourceText, sourceText } from './place.ts';

/** Bytes. */
export const LARGEST_FILE = 16 * 1024 * 1024;

/**
 * Reads a text file of at most 16 MiB, and decrypts it where it is encrypted.
 * @param shown its name as it is shown
 * @param keys what opens it; nothing where the input is only shown
 * @returns nothing where it cannot be read, which `findings` then tells; `sealed` where it is encrypted, without keys
 */
export async function readOpened(
  path: string,
  shown: string,
  keys: Keys | undefined,
  findings: Findings,
): Promise<SourceText | 'sealed' | undefined> {
  try {
    const read = await readBounded(path, LARGEST_FILE);
    if ('wrong' in read) {
      findings.fault(
        `${shown} ${read.wrong}`,
        undefined,
        'an inventory is read from files of 16 MiB at most',
      );
      return undefined;
    }
    const opened = await openText(read.bytes, shown, keys);
    if (opened === undefined) return 'sealed';
    return sourceText(shown, opened.text, { folder: dirname(path), sealed: opened.sealed });
  } catch (error) {
    if (error instanceof DabookError) {
      // who is asked for a password may want to end it all
      if (error.code !== 'inventory') throw error;
      // the one of everything in it
      findings.fault(error.message, { source: sourceText(shown, ''), offset: 0 }, error.hint);
    } else if (error instanceof TypeError) findings.fault(`${shown} is not a text in UTF-8`);
    else findings.fault(`${shown} cannot be read: ${reasonOf(error)}`);
    return undefined;
  }
}

/** Without the path, which the message has already. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return messageOf(error);
}
