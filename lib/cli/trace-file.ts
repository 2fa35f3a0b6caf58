import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';

/** A file that grows during a run, and is seen in its place only once it is whole. */
export interface TraceFile {
  /** Never throws: a run does not end because its trace cannot be written. */
  write(text: string): void;
  /**
   * Puts what was written into its place, for this user alone.
   * @throws whatever kept it from being written; nothing is left of it then
   */
  keep(): Promise<void>;
  /** Lets go of what was not kept. */
  close(): Promise<void>;
}

/** Characters that are written at once. */
const PIECE = 65_536;

/**
 * Opens a trace file. Until it is kept it has no name, so that nothing stays of it however dabook ends; and it is on the
 * disk from the beginning, so that its length costs no memory.
 * @param given as the operator gave it
 * @throws DabookError `usage` where it could not be written, now
 */
export async function openTraceFile(given: string, cwd: string): Promise<TraceFile> {
  const path = resolve(cwd, given);
  const beside = join(dirname(path), `.dabook-${process.pid}-${randomBytes(6).toString('hex')}`);
  const spool = await openSpool(path, beside).catch((error: unknown) => {
    // Whose name it could not open says nothing to anybody.
    const [why] = messageOf(error).split(', open ');
    throw new DabookError('usage', `the trace cannot be written to ${given}: ${why}`, {
      hint: 'give a file in a folder that is there and may be written to',
      cause: error,
    });
  });
  let piece = '';
  let fault: unknown;

  const flush = () => {
    try {
      // Not later, when more of it would wait in memory for a slow disk.
      if (fault === undefined) writeAll(spool.fd, Buffer.from(piece));
    } catch (error) {
      fault = error;
    }
    piece = '';
  };

  return {
    write(text) {
      piece += text;
      if (piece.length >= PIECE) flush();
    },
    async keep() {
      flush();
      if (fault !== undefined) throw fault;
      try {
        const whole = spool.createReadStream({ start: 0, autoClose: false });
        await writeFile(beside, whole, { flag: 'wx', mode: 0o600 });
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    close: () => spool.close(),
  };
}

/** A file without a name, in the folder that the trace is to be in. */
async function openSpool(path: string, beside: string): Promise<FileHandle> {
  const there = await lstat(path).catch(() => undefined);
  // It is replaced, and nobody means that of a folder, a device or a link.
  if (there !== undefined && !there.isFile()) throw new Error('it is there, and is no regular file');
  const spool = await open(beside, 'wx+', 0o600);
  await rm(beside);
  return spool;
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
