import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DabookError, messageOf } from '../../errors.ts';

/** A file of the control machine. */
export interface ControlFile {
  readonly path: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Its first bytes, as many as were asked for or as there are. */
  readonly head: Buffer;
}

const chunkSize = 64 * 1024;

/**
 * Reads a file of the control machine piece by piece; of a large one only the checksum is kept.
 * @param keep how many bytes to keep
 * @throws DabookError `playbook` when it cannot be read
 */
export function readControlFile(src: string | URL, keep: number): ControlFile {
  const path = src instanceof URL ? fileURLToPath(src) : src;
  try {
    return { path, ...digestOf(path, keep) };
  } catch (cause) {
    throw new DabookError('playbook', `${path} cannot be read on the control machine: ${messageOf(cause)}`, {
      hint: 'src is relative to the folder in which dabook runs; new URL("name", import.meta.url) is beside the playbook',
      cause,
    });
  }
}

function digestOf(path: string, keep: number): Omit<ControlFile, 'path'> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let length = 0;
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.alloc(chunkSize);
      const read = chunk.subarray(0, readSync(file, chunk));
      if (read.length === 0)
        return { sha256: hash.digest('hex'), head: Buffer.concat(kept).subarray(0, keep) };
      hash.update(read);
      if (length < keep) kept.push(read);
      length += read.length;
    }
  } finally {
    closeSync(file);
  }
}
