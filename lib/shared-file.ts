import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileStamp } from './file-stamp.ts';

/** A file of the control machine that is being read, perhaps for many hosts at once. */
export interface SharedFile {
  /** How it was right before it was opened. */
  readonly before: BigIntStats;
  /**
   * The bytes of one piece, {@link pieceSize} each; fewer where the file ends before. What one reader was given, those
   * who come to it soon after are given too.
   * @param index from 0
   */
  piece(index: number): Promise<Buffer>;
  /** How it is now. */
  stat(): Promise<BigIntStats>;
  /** To be called once by each reader. */
  close(): Promise<void>;
}

interface Entry {
  readonly opening: Promise<FileHandle>;
  /** Pieces that somebody has still to come to, by their index. */
  readonly kept: Map<number, Promise<Buffer>>;
  readonly readers: Set<Reader>;
}

interface Reader {
  /** The piece that it comes to next. */
  next: number;
}

/** Bytes that are read at once. */
export const pieceSize = 2 ** 20;

/** Pieces that are kept of one file: hosts that are served together are seldom farther apart. */
const mostKept = 16;

/** Files that are being read now. */
const entries = new Map<string, Entry>();

/**
 * Opens a file, together with whoever is reading it: a large file that goes to many hosts at once is read once.
 * @throws what the system says
 */
export async function openShared(path: string): Promise<SharedFile> {
  const before = await stat(path, { bigint: true });
  const stamp = fileStamp(before);
  const entry = entries.get(stamp) ?? { opening: open(path), kept: new Map(), readers: new Set() };
  entries.set(stamp, entry);
  const { opening, kept, readers } = entry;
  const reader: Reader = { next: 0 };
  // Before anything is waited for: the last one closes it.
  readers.add(reader);
  const leave = () => {
    readers.delete(reader);
    if (readers.size === 0) entries.delete(stamp);
  };
  const file = await opening.catch((error: unknown) => {
    leave();
    throw error;
  });
  return {
    before,
    stat: () => file.stat({ bigint: true }),
    piece(index) {
      const at = index * pieceSize;
      const length = Math.max(0, Math.min(pieceSize, Number(before.size) - at));
      const piece = kept.get(index) ?? readAt(file, at, length);
      reader.next = index + 1;
      kept.set(index, piece);
      forget(entry);
      return piece;
    },
    async close() {
      leave();
      forget(entry);
      if (readers.size === 0) await file.close();
    },
  };
}

/** Lets go of pieces that nobody comes to any more, and of those too many that are the farthest ahead of everybody. */
function forget({ kept, readers }: Entry): void {
  const ahead = [...kept.keys()].map((index) => {
    const distances = [...readers].map(({ next }) => index - next).filter((distance) => distance >= 0);
    return { index, distance: Math.min(...distances) };
  });
  ahead.sort((a, b) => a.distance - b.distance);
  ahead.forEach(({ index, distance }, rank) => {
    if (distance === Number.POSITIVE_INFINITY || rank >= mostKept) kept.delete(index);
  });
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
