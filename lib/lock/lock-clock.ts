import { setTimeout as sleep } from 'node:timers/promises';

/** What a lock knows of time. Clocks of two machines are never compared. */
export interface LockClock {
  /** Milliseconds that never go back. They may stand still while the machine sleeps. */
  elapsed(): number;
  /** Milliseconds of the clock on the wall: they go on while the machine sleeps, and may jump. */
  wall(): number;
  /**
   * Waits.
   * @param milliseconds how long
   * @param options.keep whether the process is kept alive by it; false by default
   * @throws the signal's own reason when it is aborted meanwhile
   */
  sleep(
    milliseconds: number,
    options: { readonly signal?: AbortSignal | undefined; readonly keep?: boolean },
  ): Promise<void>;
}

/** The clocks of this machine. */
export const systemClock: LockClock = {
  elapsed: () => performance.now(),
  wall: () => Date.now(),
  async sleep(milliseconds, { signal, keep = false }) {
    try {
      await sleep(milliseconds, undefined, { ref: keep, ...(signal === undefined ? {} : { signal }) });
    } catch {
      throw signal?.reason;
    }
  },
};

/** A moment, by both clocks. */
export interface Moment {
  readonly elapsed: number;
  readonly wall: number;
}

/** Now. */
export function momentOf(clock: LockClock): Moment {
  return { elapsed: clock.elapsed(), wall: clock.wall() };
}

/** How far the clock on the wall may be set back before nothing is known of how much time went by. Milliseconds. */
const setBack = 1000;

/**
 * Milliseconds since a moment, by whichever clock says more: one stands still while the machine sleeps, the other
 * is set by hand. Infinite when the clock on the wall was set back.
 */
export function ageOf(moment: Moment, clock: LockClock): number {
  const byWall = clock.wall() - moment.wall;
  if (byWall < -setBack) return Number.POSITIVE_INFINITY;
  return Math.max(clock.elapsed() - moment.elapsed, byWall);
}
