import { DabookError } from '../errors.ts';
import type { LockClock } from './lock-clock.ts';

/**
 * A promise, or an error when it takes too long or the signal is aborted first. What it stands for goes on. Nothing
 * that waits is left behind.
 * @param limit.milliseconds how long at most
 * @throws DabookError `unreachable` when it takes too long, the signal's own reason when that is aborted
 */
export async function inTime<T>(
  promise: Promise<T>,
  limit: {
    readonly milliseconds: number;
    readonly what: string;
    readonly clock: LockClock;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<T> {
  const { milliseconds, what, clock, signal } = limit;
  // Whatever comes of it after the race is the asker's business, if anybody's.
  promise.catch(() => {});
  signal?.throwIfAborted();
  const over = new AbortController();
  const onAbort = () => over.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  const late = clock.sleep(milliseconds, { signal: over.signal }).then(() => {
    throw new DabookError('unreachable', `${what} did not answer within ${milliseconds / 1000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    over.abort();
  }
}
