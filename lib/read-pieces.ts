import { DabookError, messageOf } from './errors.ts';
import { openShared, pieceSize } from './shared-file.ts';

/**
 * The bytes of a file of the control machine, read as they are taken; for hosts that are sent it at the same time, once.
 * @param size how many there were when it was looked at
 * @param what the file is called in an error
 * @throws DabookError `command` when it cannot be read, and when it has another size or changes meanwhile
 */
export async function* readPieces(path: string, size: number, what = path): AsyncGenerator<Buffer> {
  const file = await openShared(path).catch((cause: unknown) => {
    throw new DabookError('command', `${what} cannot be read: ${messageOf(cause)}`, { cause });
  });
  try {
    if (Number(file.before.size) !== size) throw sourceChanged(what);
    for (let index = 0; index * pieceSize < size; index += 1) {
      const left = size - index * pieceSize;
      const piece = await file.piece(index);
      if (piece.length < Math.min(left, pieceSize)) throw sourceChanged(what);
      // The last one is held back: what changed while it was read must not be taken for whole. By the time of its
      // content alone, since other permissions do not matter.
      const isLast = left <= pieceSize;
      if (isLast && (await file.stat()).mtimeNs !== file.before.mtimeNs) throw sourceChanged(what);
      yield piece;
    }
  } finally {
    await file.close();
  }
}

/** The error of a file that is not any more what a step was planned with. */
export function sourceChanged(what: string): DabookError {
  return new DabookError('command', `${what} changed after it was looked at`, { hint: 'run again' });
}
