import type { Try } from './ssh-socket.ts';
import { createStartLimit, type StartLimit } from './start-limit.ts';

/** Makes connections, not too many at once. */
export interface Starts {
  /** How many were made. */
  readonly made: number;
  /**
   * Makes one as soon as there is room for it.
   * @param destination where it goes to: its server is spared
   */
  run<T>(destination: string, start: () => Promise<Try<T>>): Promise<Try<T>>;
}

/**
 * One sshd with its default `MaxStartups 10:30:100` drops three of ten once ten wait for their login, and it
 * notices a login a little late.
 */
const mostAtOne = 8;
/** Names may hide that they are one server's: then this many are left to all together. */
const leastInAll = 4;

/**
 * Starts of connections, limited in all and for each destination; both limits give way where a server drops one.
 * @param most starts at once, in all
 */
export function createStarts(most: number): Starts {
  const all = createStartLimit(most, Math.min(most, leastInAll));
  const destinations = new Map<string, StartLimit>();
  let made = 0;
  return {
    get made() {
      return made;
    },
    async run(destination, start) {
      const own = destinations.get(destination) ?? createStartLimit(mostAtOne, 1);
      destinations.set(destination, own);
      const result = await own.run(() => all.run(start));
      if ('got' in result) made += 1;
      if (own.idle) destinations.delete(destination);
      return result;
    },
  };
}
