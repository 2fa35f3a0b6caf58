import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** A file of the control machine that is being read, perhaps for many hosts at once. */
export interface SharedFile {
  /** How it was when it was opened. */
  readonly opened: BigIntStats;
  /** Bytes from a place on; fewer where the file ends before. What one reader was given, those beside it are given too. */
  read(at: number, length: number): Promise<Buffer>;
  /** How it is now. */
  stat(): Promise<BigIntStats>;
  /** To be called once by each reader. */
  close(): Promise<void>;
}

interface Opened {
  readonly file: FileHandle;
  readonly opened: BigIntStats;
}

interface Entry {
  readonly opening: Promise<Opened>;
  /** What was read last, by its place. */
  readonly recent: Map<number, Promise<Buffer>>;
  readers: number;
}

/** Pieces that are kept for the readers behind the first one: hosts that are served together are never far apart. */
const mostRecent = 16;

/** Files that are being read now. */
const entries = new Map<string, Entry>();

/**
 * Opens a file, together with whoever is reading it: a large file that goes to many hosts at once is read once.
 * @throws what the system says
 */
export async function openShared(path: string): Promise<SharedFile> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  // Another file in its place, or another content, is another file.
  const key = `${ino} ${size} ${mtimeNs} ${path}`;
  const entry = entries.get(key) ?? { opening: open(path).then(opened), recent: new Map(), readers: 0 };
  entries.set(key, entry);
  // Before anything is waited for: the last one closes it.
  entry.readers += 1;
  const left = () => {
    entry.readers -= 1;
    if (entry.readers === 0) entries.delete(key);
    return entry.readers === 0;
  };
  const { recent } = entry;
  const { file, opened: before } = await entry.opening.catch((error: unknown) => {
    left();
    throw error;
  });
  return {
    opened: before,
    stat: () => file.stat({ bigint: true }),
    read(at, length) {
      const known = recent.get(at);
      if (known !== undefined) return known;
      const piece = readAt(file, at, length);
      recent.set(at, piece);
      const [oldest] = recent.keys();
      if (recent.size > mostRecent && oldest !== undefined) recent.delete(oldest);
      return piece;
    },
    async close() {
      if (left()) await file.close();
    },
  };
}

async function opened(file: FileHandle): Promise<Opened> {
  return { file, opened: await file.stat({ bigint: true }) };
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
