import { setTimeout as sleep } from 'node:timers/promises';
import type { Try } from './ssh-socket.ts';
import type { Starts } from './starts.ts';

const mostTries = 3;

/**
 * Makes a connection, once there is room for it. What may pass is tried again twice, and oftener where a server only has
 * too many at once.
 * @param destination where it goes to
 * @param timeout milliseconds for all tries together, the waits in line left out
 * @param attempt is given what is left of them
 * @throws DabookError what the last try failed with
 */
export async function startTries<T>(
  starts: Starts,
  destination: string,
  timeout: number,
  attempt: (left: number) => Promise<Try<T>>,
): Promise<T> {
  let left = timeout;
  let tries = 0;
  let madeBefore = Number.POSITIVE_INFINITY;
  for (;;) {
    const result = await starts.run(destination, async () => {
      const start = Date.now();
      const tried = await attempt(left);
      left -= Date.now() - start;
      return tried;
    });
    if ('got' in result) return result.got;
    // Dropped while others were not: there are too many at once, and this one's turn will come.
    if (!result.dropped || starts.made <= madeBefore) tries += 1;
    madeBefore = starts.made;
    const pause = 250 * 2 ** (tries - 1) * (0.5 + Math.random());
    left -= pause;
    if (!result.passing || tries >= mostTries || left <= 0) throw result.fault;
    await sleep(pause);
  }
}
