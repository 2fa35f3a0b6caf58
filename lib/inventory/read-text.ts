import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../errors.ts';
import type { Findings } from './findings.ts';

/** Bytes. */
const LARGEST_FILE = 16 * 1024 * 1024;

/**
 * Reads a text file of at most 16 MiB.
 * @param shown its name as it is shown
 * @returns nothing where it cannot be read, which `findings` then tells
 */
export async function readText(path: string, shown: string, findings: Findings): Promise<string | undefined> {
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
    // the decoder takes a byte order mark away, which no position should count
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) findings.fault(`${shown} is not a text in UTF-8`);
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
