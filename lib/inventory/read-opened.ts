import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import type { Keys } from '../secrets/keys.ts';
import type { Findings } from './findings.ts';
import { openText } from './open-text.ts';
import { type SourceText, sourceText } from './place.ts';

/** Bytes. */
const LARGEST_FILE = 16 * 1024 * 1024;

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
    const { size } = await stat(path);
    const bytes = size > LARGEST_FILE ? undefined : await readFile(path);
    if (bytes === undefined || bytes.length > LARGEST_FILE) {
      findings.fault(
        `${shown} is ${Math.ceil(size / 1024 / 1024)} MiB large`,
        undefined,
        'a file of an inventory may have 16 MiB at most',
      );
      return undefined;
    }
    const opened = await openText(bytes, shown, keys);
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
