import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileStamp } from './file-stamp.ts';

/** A file as it was read, or why it was not, in words. */
export type ReadBounded = { readonly bytes: Buffer } | { readonly wrong: string };

/** What a shell gives in the place of a file: `<(command)`, and its own stdin. */
const HANDED_OVER = /^\/(dev\/(fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/;

/**
 * Reads a file of limited size. What is no file, such as a device that never ends or a pipe that nobody writes to, is not
 * read, unless a shell has handed it over; nor is one that changes meanwhile, of which this would be a mixture.
 * @param most bytes
 * @throws what the system says
 */
export async function readBounded(path: string, most: number): Promise<ReadBounded> {
  const isHandedOver = HANDED_OVER.test(path);
  // Without waiting for whoever writes to a pipe.
  const file = await open(path, constants.O_RDONLY | (isHandedOver ? 0 : constants.O_NONBLOCK));
  try {
    const before = await file.stat({ bigint: true });
    if (!before.isFile() && !(isHandedOver && before.isFIFO())) return { wrong: 'is no regular file' };
    const bytes = before.size > most ? undefined : await readAll(file, most);
    if (bytes === undefined) return { wrong: `has more than ${Math.floor(most / 2 ** 20)} MiB` };
    const isSame = fileStamp(await file.stat({ bigint: true })) === fileStamp(before);
    return isSame || !before.isFile() ? { bytes } : { wrong: 'changed while it was read: try again' };
  } finally {
    await file.close();
  }
}

/** Nothing where there is more. */
async function readAll(file: FileHandle, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(2 ** 18), 0, 2 ** 18, null);
    if (bytesRead === 0) return Buffer.concat(pieces);
    size += bytesRead;
    if (size > most) return undefined;
    pieces.push(buffer.subarray(0, bytesRead));
  }
}
