import PQueue from 'p-queue';
import type { Try } from './ssh-socket.ts';

/** How many connections may be being made at once. */
export interface StartLimit {
  /** Makes one as soon as there is room. */
  run<T>(start: () => Promise<Try<T>>): Promise<Try<T>>;
  /** Nothing is under way, and nothing waits. */
  readonly idle: boolean;
}

/**
 * A limit that finds out what a server takes: halved where it drops a start, and raised by and by with each
 * that succeeds, as TCP does. What was begun before it was halved says nothing of what it is now.
 */
export function createStartLimit(most: number, least: number): StartLimit {
  const queue = new PQueue({ concurrency: most });
  let allowed = most;
  let begun = 0;
  let begunWhenHalved = 0;
  return {
    get idle() {
      return queue.size + queue.pending === 0;
    },
    run: (start) =>
      queue.add(async () => {
        begun += 1;
        const number = begun;
        const result = await start();
        if ('got' in result) allowed = Math.min(most, allowed + 1 / allowed);
        else if (result.dropped && number > begunWhenHalved) {
          allowed = Math.max(least, allowed / 2);
          begunWhenHalved = begun;
        }
        queue.concurrency = Math.floor(allowed);
        return result;
      }),
  };
}
