/** Numbers the round trips of a session. */
export interface Trips {
  /** How many there have been. */
  readonly count: number;
  /** The number of the one that leaves now: all that is asked in one tick, of whom ever, has the same. */
  next(): number;
}

/** What a session counts by, from 1: answers that are waited for at the same time cost the time of one. */
export function createTrips(): Trips {
  let count = 0;
  let leaving = false;
  return {
    get count() {
      return count;
    },
    next() {
      if (!leaving) {
        count += 1;
        leaving = true;
        setImmediate(() => {
          leaving = false;
        });
      }
      return count;
    },
  };
}
