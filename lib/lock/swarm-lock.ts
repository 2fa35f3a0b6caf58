import { randomUUID } from 'node:crypto';
import { codeOf, DabookError } from '../errors.ts';
import { holdLock, type SwarmLock } from './held-lock.ts';
import { type LockClock, type Moment, momentOf, systemClock } from './lock-clock.ts';
import { type LockHolder, showHolder } from './lock-holder.ts';
import type { LockLabels } from './lock-labels.ts';
import {
  createdId,
  createLockObject,
  type LockObject,
  readLockObject,
  removeLockObject,
  writeLockObject,
} from './lock-object.ts';
import type { SwarmDoor } from './swarm-door.ts';
import { createSwarmDoors, type SwarmAnswer } from './swarm-doors.ts';

export interface SwarmLockOptions {
  /** Managers of one swarm, one at least; see `findSwarmDoor`. */
  readonly doors: readonly SwarmDoor[];
  /** This run. */
  readonly holder: LockHolder;
  /** Seconds that others wait for a sign of life before they take this run for crashed; 30 by default, 3 at least. */
  readonly lease?: number;
  /** Told once when somebody broke or removed the lock while it was held. It must not throw. */
  readonly onLost?: (reason: string) => void;
  readonly clock?: LockClock;
  /** Whether the process of a holder is known to run no more: its lock is broken at once. Nobody is by default. */
  readonly isGone?: ((holder: LockHolder) => boolean) | undefined;
}

/** Another run's lock. */
export interface TakenLock {
  readonly outcome: 'taken';
  /** None for an object that this version of dabook cannot read, or that was made by hand. */
  readonly holder?: LockHolder | undefined;
  /** Seconds, by this machine's clock, that it has shown no sign of life; 0 when seen for the first time. */
  readonly silent: number;
  /** Who broke it, when it is about to be removed. */
  readonly brokenBy?: string | undefined;
}

export type Acquired =
  | { readonly outcome: 'held'; readonly lock: SwarmLock }
  | TakenLock
  /** No host that is known is in that swarm any more. */
  | { readonly outcome: 'gone' };

export interface WaitOptions {
  /** Seconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each holder that it waits for, when it is first seen. It must not throw. */
  readonly onWaiting?: ((taken: TakenLock) => void) | undefined;
}

/** A way to the lock of one swarm. */
export interface SwarmLocking {
  /** One more way into the swarm. */
  addDoor(door: SwarmDoor): void;
  /**
   * Takes the lock if it is free, or if its holder has shown no sign of life for its lease and a margin while this
   * looked on, in calls before this one. One round trip when it is free.
   * @throws DabookError `unreachable` when no manager answers; the signal's own reason, with nothing held
   */
  tryAcquire(signal?: AbortSignal): Promise<Acquired>;
  /**
   * Tries each second until it is held, gone, or the time is over. A holder that crashed is found out after its lease
   * and a margin, 40 s by default: a shorter timeout never gets past one.
   * @returns `taken` when the time is over
   * @throws as `tryAcquire`; but once a manager has answered, not before the time is over: a swarm may be without a
   * leader for a moment
   */
  acquire(options: WaitOptions): Promise<Acquired>;
}

/** Seconds between two looks of one who waits. */
const pollEvery = 1;
/** Seconds that a manager has for an answer at least; it may be busy. */
const leastPatience = 2;
/** How often one try begins again because the lock was given back or removed in between. */
const rounds = 5;

/**
 * The lock of a swarm: one run at a time, whichever of its managers each run reaches.
 *
 * It is a config object of the swarm, which all managers agree on: its name is unique, so that of two creations one
 * fails; its labels are written on top of a version, so that of two writes one fails; and its id is never used again,
 * so that to remove by id is to remove what was seen and nothing else. From this it follows that never two hold it:
 *
 * - Made by its holder only, removed by its holder only; or broken first. Only who wrote `broken` on top of the very
 *   version that it watched may remove it at once. A broken lock is renewed by nobody.
 * - Who waits counts by its own clock, from when it saw a version to when it still finds it: a lease and a third. The
 *   holder's last renewal was sent before that, and the holder trusts it for half a lease, by its own clocks. No
 *   clock of one machine is held against another's; they need only run at much the same speed.
 * - A request that was given up may be done later all the same. A late renewal or breaking meets an older version; a
 *   late removal, an id that is no more; a late creation is found by its token, or removed when its answer comes, or
 *   is taken for crashed by others.
 *
 * What this cannot do is to stop a write that is under way on a host when the lock is lost: for that hosts have locks
 * of their own.
 * @throws DabookError `bug` for no doors, doors to several swarms, or a lease that is too short
 * @example
 * const door = await findSwarmDoor('ha1', (request) => session.docker(request, { become: true }))
 * const locking = createSwarmLocking({ doors: [door], holder, onLost })
 * const acquired = await locking.acquire({ timeout: 60, signal })
 * if (acquired.outcome === 'held') await acquired.lock.release()
 */
export function createSwarmLocking(options: SwarmLockOptions): SwarmLocking {
  const { holder, lease = 30, onLost = () => {}, isGone = () => false, clock = systemClock } = options;
  if (!(lease >= 3)) throw new DabookError('bug', `a lease has 3 seconds at least, not ${lease}`);
  const patience = Math.max(leastPatience, lease / 6) * 1000;
  const doors = createSwarmDoors(options.doors, { patience, clock });
  const labels: LockLabels = { token: randomUUID(), holder, lease, beat: 0 };
  const watch = createWatch(clock);
  let held: SwarmLock | undefined;

  const hold = (id: string, since: Moment | undefined): SwarmLock => {
    held = holdLock({ id, labels, doors, clock, since, onLost });
    return held;
  };

  /** Makes the object. What is made after the try has been given up is removed again. */
  const create = async (tried: Promise<unknown>) => {
    const onLate = (answer: SwarmAnswer, ask: SwarmDoor['ask']) => {
      const id = createdId(answer);
      if (id === undefined) return;
      const remove = () => (held?.id === id ? undefined : ask({ method: 'DELETE', path: `/configs/${id}` }));
      // Whether it is ours is known when the try has ended: the next door may have told of it.
      tried.then(remove, remove).catch(() => {});
    };
    // Not cut short by the signal: what was made has to be known, to be removed.
    return createLockObject(doors, labels, { onLate });
  };

  /** What the next step is, now that there is one: the lock is ours, somebody's, or to be made again. */
  const judge = async (found: LockObject, signal: AbortSignal | undefined): Promise<Acquired | 'again'> => {
    const silent = watch.seen(found);
    const theirs = found.labels;
    if (theirs === undefined) return { outcome: 'taken', silent };
    const { brokenBy, lease } = theirs;
    if (theirs.token === labels.token && brokenBy === undefined) {
      // Made by a request whose answer was lost. When that was is not known, so a renewal has to say.
      const lock = hold(found.id, undefined);
      const outcome = await lock.confirm(signal).catch(async (error: unknown) => {
        await lock.release().catch(() => {});
        throw error;
      });
      if (outcome === 'held') return { outcome, lock };
      await lock.release();
      return { outcome };
    }
    if (brokenBy !== undefined) {
      // Who broke it removes it, unless it crashed in between; by then the holder trusts its lock no more.
      if (silent <= lease / 2) return { outcome: 'taken', holder: theirs.holder, silent, brokenBy };
    } else {
      const crashed = isGone(theirs.holder);
      if (!crashed && silent < staleAfter(lease)) return { outcome: 'taken', holder: theirs.holder, silent };
      const why = crashed ? 'process is no more' : `showed no sign of life for ${Math.round(silent)} s`;
      const by = `${showHolder(holder)}, as its holder ${why}`;
      const written = await writeLockObject(doors, found, { ...theirs, brokenBy: by }, { signal });
      if (written !== 'written') return 'again';
    }
    await removeLockObject(doors, found.id, { signal });
    return 'again';
  };

  const attempt = async (tried: Promise<unknown>, signal?: AbortSignal): Promise<Acquired> => {
    let last: Acquired = { outcome: 'taken', silent: 0 };
    // One that was found taken is only looked at: most often it still is.
    let mayBeFree = !watch.isWatching();
    for (let round = 0; round < rounds; round++) {
      signal?.throwIfAborted();
      if (mayBeFree) {
        const since = momentOf(clock);
        const made = await create(tried);
        if (made === 'gone') return { outcome: 'gone' };
        if (made !== 'taken') return { outcome: 'held', lock: hold(made.id, since) };
      }
      const found = await readLockObject(doors, { signal });
      if (found === 'gone') return { outcome: 'gone' };
      mayBeFree = true;
      if (found === 'none') continue;
      const judged = await judge(found, signal);
      if (judged !== 'again') return judged;
      last = { outcome: 'taken', holder: found.labels?.holder, silent: 0 };
    }
    return last;
  };

  const tryAcquire = async (signal?: AbortSignal): Promise<Acquired> => {
    if (held?.state() === 'held' || held?.state() === 'gone') {
      throw new DabookError('bug', 'this run holds the lock of the swarm already');
    }
    let end = () => {};
    const tried = new Promise<void>((resolve) => {
      end = resolve;
    });
    try {
      const acquired = await attempt(tried, signal);
      if (signal?.aborted && acquired.outcome === 'held') {
        await acquired.lock.release().catch(() => {});
        throw signal.reason;
      }
      if (acquired.outcome !== 'taken') watch.forget();
      return acquired;
    } finally {
      end();
    }
  };

  return {
    addDoor: (door) => doors.add(door),
    tryAcquire,

    async acquire({ timeout, signal, onWaiting }) {
      const start = clock.elapsed();
      let last: TakenLock | undefined;
      for (;;) {
        const acquired = await tryAcquire(signal).catch((error: unknown) => {
          if (last === undefined || signal?.aborted || codeOf(error) !== 'unreachable') throw error;
          return error as Error;
        });
        const left = timeout * 1000 - (clock.elapsed() - start);
        if (acquired instanceof Error) {
          if (left <= 0) throw acquired;
        } else {
          if (acquired.outcome !== 'taken' || left <= 0) return acquired;
          if (last === undefined || !isSame(last, acquired)) onWaiting?.(acquired);
          last = acquired;
        }
        // The caller waits for this, so the process has to stay for it; the signal ends it.
        await clock.sleep(Math.min(left, pollEvery * 1000), { signal, keep: true });
      }
    },
  };
}

function isSame(one: TakenLock, other: TakenLock): boolean {
  return one.holder?.run === other.holder?.run && one.holder?.since === other.holder?.since;
}

/** Seconds without a sign of life after which a holder is taken for crashed. The margin is for its last write. */
function staleAfter(lease: number): number {
  return lease + lease / 3;
}

/** Counts for how long an object has been the same, by this machine's clock. */
function createWatch(clock: LockClock) {
  let watched: { readonly what: string; readonly since: number } | undefined;
  return {
    isWatching: () => watched !== undefined,
    forget() {
      watched = undefined;
    },
    /**
     * To be told of each look, after it: the count must not begin before the object was looked at.
     * @returns seconds
     */
    seen({ id, version }: LockObject): number {
      const what = `${id} ${version}`;
      const now = clock.elapsed();
      if (watched?.what !== what) watched = { what, since: now };
      return (now - watched.since) / 1000;
    },
  };
}
