import { flush } from '../views/flush.ts';
import type { Io } from './io.ts';
import { warn } from './warn.ts';

/**
 * Watches over the streams that dabook writes to. Whoever reads them may stop reading, and the run goes on;
 * what cannot be written for another reason, such as a full disk, is told once on stderr.
 * @returns waits until all is written, and says whether something was lost
 */
export function watchOutput({ stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): () => Promise<boolean> {
  let lost = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || lost) return;
    lost = true;
    warn({ stderr }, `the output cannot be written: ${error.message}`);
  });
  stderr.on('error', () => {});
  return async () => {
    await flush(stdout);
    // A stream tells of its error after the callback of the write that failed.
    await new Promise((done) => setImmediate(done));
    return lost;
  };
}
