import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { DabookError, messageOf } from '../errors.ts';

/** Bytes. */
const LARGEST = 1024 * 1024;

/** What a file holds, and who may read it. */
export interface SecretFile {
  readonly bytes: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** The number of the user that it belongs to. */
  readonly owner: number;
}

/**
 * Reads a file of at most 1 MiB that holds a secret. What is no regular file is not read: a pipe would wait, a device
 * never end.
 * @param path absolute
 * @param shown its name in messages
 * @throws DabookError `inventory` where it cannot be read
 */
export async function readSecretFile(path: string, shown: string): Promise<SecretFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new DabookError('inventory', `${shown} cannot be read: ${reasonOf(cause)}`, { cause });
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new DabookError('inventory', `${shown} is no regular file`);
    const bytes = Buffer.alloc(LARGEST + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = (await file.read(bytes, length, bytes.length - length)).bytesRead;
    }
    if (length > LARGEST) throw new DabookError('inventory', `${shown} is larger than 1 MiB`);
    return { bytes: bytes.subarray(0, length), mode: found.mode & 0o777, owner: found.uid };
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  return messageOf(error);
}
