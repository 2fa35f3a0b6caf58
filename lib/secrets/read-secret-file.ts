import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { DabookError, messageOf } from '../errors.ts';

const MIB = 1024 * 1024;

/** What a file holds, and who may read it. */
export interface SecretFile {
  readonly bytes: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** The number of the user that it belongs to. */
  readonly owner: number;
}

/**
 * Reads a file of limited size that holds a secret. What is no regular file is not read: a pipe would wait, a device
 * never end.
 * @param path absolute
 * @param shown its name in messages
 * @param largest in MiB
 * @throws DabookError `inventory` where it cannot be read
 */
export async function readSecretFile(path: string, shown: string, largest = 1): Promise<SecretFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new DabookError('inventory', `${shown} cannot be read: ${reasonOf(cause)}`, { cause });
  });
  try {
    const most = largest * MIB;
    const found = await file.stat();
    if (!found.isFile()) throw new DabookError('inventory', `${shown} is no regular file`);
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length)).bytesRead;
    }
    if (length > most) throw new DabookError('inventory', `${shown} is larger than ${largest} MiB`);
    return { bytes: bytes.subarray(0, length), mode: found.mode & 0o777, owner: found.uid };
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  // without the path, which an encrypted file may name
  return /^E[A-Z\d]+: [^,]+/.exec(messageOf(error))?.[0] ?? 'this is no name of a file';
}
