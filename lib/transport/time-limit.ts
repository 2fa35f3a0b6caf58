import type { ExecDeadline } from './session.ts';

/** Watches one thing after the other: each may take so long, and be silent for so long. */
export interface TimeLimit {
  /** Begins to count for the next; undefined for one that may take its time, and for none. */
  begin(deadline: ExecDeadline | undefined): void;
  /** Something was heard of it. Costs next to nothing. */
  heard(): void;
}

/** The longest time that a timer can be set to, in milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * Makes a limit that has one timer, whatever it watches: set where there is none that goes off early enough. One that
 * goes off too early is set again, and one that watches nothing does not hold the process open.
 * @param onPassed told once for each that is watched; a total deadline is told of before an idle one
 */
export function createTimeLimit(onPassed: (which: 'total' | 'idle', seconds: number) => void): TimeLimit {
  let watched: ExecDeadline | undefined;
  let begun = 0;
  let heardAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let goesOff = 0;

  /** When they pass. */
  const ends = ({ total = Infinity, idle = Infinity }: ExecDeadline) =>
    [begun + total * 1000, heardAt + idle * 1000] as const;

  const clear = () => {
    clearTimeout(timer);
    timer = undefined;
  };

  const set = (at: number) => {
    if (timer !== undefined && goesOff <= at) return;
    clear();
    if (at === Infinity) return;
    goesOff = at;
    timer = setTimeout(look, Math.min(longest, Math.max(1, Math.ceil(at - performance.now()))));
  };

  const look = () => {
    clear();
    if (watched === undefined) return;
    const now = performance.now();
    const [total, idle] = ends(watched);
    if (now < total && now < idle) return set(Math.min(total, idle));
    const { total: most = 0, idle: silent = 0 } = watched;
    watched = undefined;
    if (now >= total) onPassed('total', most);
    else onPassed('idle', silent);
  };

  return {
    begin(deadline) {
      watched = deadline;
      if (deadline === undefined) return clear();
      begun = heardAt = performance.now();
      set(Math.min(...ends(deadline)));
    },
    heard() {
      if (watched?.idle !== undefined) heardAt = performance.now();
    },
  };
}
