import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DabookError, messageOf } from '../../errors.ts';
import { fileStamp } from '../../file-stamp.ts';

/** A file of the control machine. */
export interface ControlFile {
  readonly path: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Permission bits. */
  readonly mode: number;
}

/** What is read, for a moment: to make room anew for each of many files takes longer than to read them. */
const chunk = Buffer.allocUnsafeSlow(2 ** 18);

/**
 * Looks at a file of the control machine. It is read piece by piece, for its checksum alone, and not again as long
 * as it stays the same.
 * @throws DabookError `playbook` when it cannot be read
 */
export function controlFile(src: string | URL): ControlFile {
  const path = src instanceof URL ? fileURLToPath(src) : src;
  try {
    const stats = statSync(path, { bigint: true });
    const known = digests.get(path);
    const found = known?.stamp === fileStamp(stats) ? { stats, sha256: known.sha256 } : read(path);
    return {
      path,
      sha256: found.sha256,
      size: Number(found.stats.size),
      mtime: Math.floor(Number(found.stats.mtimeMs) / 1000),
      mode: Number(found.stats.mode) & 0o7777,
    };
  } catch (cause) {
    throw new DabookError('playbook', `${path} cannot be read on the control machine: ${messageOf(cause)}`, {
      hint: 'src is relative to the folder in which dabook runs; new URL("name", import.meta.url) is beside the playbook',
      cause,
    });
  }
}

/**
 * Checksums by path, each true only of the file as it was then: each host of a play makes the same task anew, and a
 * large file would be read once for each. A play goes round its tasks, so the oldest are given up, not the least used.
 */
const digests = new Map<string, { readonly stamp: string; readonly sha256: string }>();
const most = 50_000;

function read(path: string): { stats: BigIntStats; sha256: string } {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const stats = fstatSync(file, { bigint: true });
    for (;;) {
      const length = readSync(file, chunk);
      if (length === 0) break;
      hash.update(chunk.subarray(0, length));
    }
    const sha256 = hash.digest('hex');
    remember(path, stats, fstatSync(file, { bigint: true }), sha256);
    return { stats, sha256 };
  } finally {
    closeSync(file);
  }
}

/** One that was changed a moment ago could be changed again without a sign: clocks of file systems are coarse. */
function remember(path: string, before: BigIntStats, after: BigIntStats, sha256: string): void {
  const stamp = fileStamp(before);
  if (fileStamp(after) !== stamp || Date.now() - Number(before.ctimeMs) < 2000) return;
  const [oldest] = digests.keys();
  if (digests.size >= most && oldest !== undefined) digests.delete(oldest);
  digests.set(path, { stamp, sha256 });
}
