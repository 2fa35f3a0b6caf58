import { type FileHandle, open } from 'node:fs/promises';
import { DabookError, messageOf } from './errors.ts';

/** Bytes that are read at once. */
const pieceSize = 2 ** 20;

/**
 * The bytes of a file of the control machine, read as they are taken.
 * @param size how many there were when it was looked at
 * @param what the file is called in an error
 * @throws DabookError `command` when it cannot be read, and when it has another size or changes meanwhile
 */
export async function* readPieces(path: string, size: number, what = path): AsyncGenerator<Buffer> {
  const file = await open(path).catch((cause: unknown) => {
    throw new DabookError('command', `${what} cannot be read: ${messageOf(cause)}`, { cause });
  });
  try {
    const before = await file.stat();
    if (before.size !== size) throw sourceChanged(what);
    for (let left = size; left > 0; ) {
      const piece = await nextPiece(file, Math.min(left, pieceSize));
      left -= piece.length;
      if (piece.length === 0) throw sourceChanged(what);
      // The last one is held back: what changed while it was read must not be taken for whole.
      if (left === 0 && (await file.stat()).mtimeMs !== before.mtimeMs) throw sourceChanged(what);
      yield piece;
    }
  } finally {
    await file.close();
  }
}

/** A fresh buffer each time: the one before may still be under way. */
async function nextPiece(file: FileHandle, size: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size);
  return buffer.subarray(0, bytesRead);
}

/** The error of a file that is not any more what a step was planned with. */
export function sourceChanged(what: string): DabookError {
  return new DabookError('command', `${what} changed after it was looked at`, { hint: 'run again' });
}
