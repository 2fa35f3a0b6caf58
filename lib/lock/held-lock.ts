import { DabookError } from '../errors.ts';
import { lockName } from '../lock-name.ts';
import { ageOf, type LockClock, type Moment, momentOf } from './lock-clock.ts';
import type { LockLabels } from './lock-labels.ts';
import { readLockObject, removeLockObject, writeLockObject } from './lock-object.ts';
import type { SwarmDoor } from './swarm-door.ts';
import type { SwarmDoors } from './swarm-doors.ts';

/** The lock of a swarm, held by this run. */
export interface SwarmLock {
  readonly swarm: string;
  /** Id of its config object. */
  readonly id: string;
  /**
   * - `held`: when last looked
   * - `lost`: somebody broke or removed it; final
   * - `gone`: no host that is known is in the swarm any more, as when this run dissolved it; a new door may find it again
   * - `released`: final
   */
  state(): 'held' | 'lost' | 'gone' | 'released';
  /**
   * Whether nobody can have broken it: the last renewal began less than half a lease ago, by both clocks. Asks
   * nobody. Where false, `confirm` before anything is written.
   */
  isFresh(): boolean;
  /**
   * Renews it now.
   * @returns `gone` when there is no such swarm any more, so that there is nothing to hold
   * @throws DabookError `locked` when it was lost, `unreachable` when no manager answers; the signal's own reason
   */
  confirm(signal?: AbortSignal): Promise<'held' | 'gone'>;
  /** One more way into the swarm, as the run finds it. */
  addDoor(door: SwarmDoor): void;
  /**
   * Gives it back, once; a lost or a gone one is left alone. One request.
   * @throws DabookError `unreachable` or `command` when it could not be removed: others wait for the lease to pass then
   */
  release(signal?: AbortSignal): Promise<void>;
}

export interface HeldOptions {
  readonly id: string;
  readonly labels: LockLabels;
  readonly doors: SwarmDoors;
  readonly clock: LockClock;
  /** When it was asked for, if it is known to be held since. */
  readonly since?: Moment | undefined;
  readonly onLost: (reason: string) => void;
}

/** How often a renewal is tried when others write in between: nobody does but who breaks it. */
const rounds = 5;

/**
 * Holds a lock that was made: renews it each third of the lease.
 *
 * A renewal reads and writes on top of the version read. The writer need not know what became of the write before:
 * a write that came late or twice only meets a version that is none any more. What counts is the moment before the
 * last write that succeeded was sent: whoever watches cannot have begun to count before it.
 */
export function holdLock({ id, labels, doors, clock, since, onLost }: HeldOptions): SwarmLock {
  const lease = labels.lease * 1000;
  const over = new AbortController();
  let state: ReturnType<SwarmLock['state']> = 'held';
  let confirmed = since;
  let lostBy = '';
  let renewing: Promise<'held' | 'gone'> | undefined;

  const lose = (reason: string) => {
    if (state === 'lost' || state === 'released') return;
    state = 'lost';
    lostBy = reason;
    over.abort(lost(reason));
    onLost(reason);
  };
  const isFresh = () => state === 'held' && confirmed !== undefined && ageOf(confirmed, clock) < lease / 2;

  const gone = () => {
    if (state === 'held') state = 'gone';
    return 'gone' as const;
  };
  const renew = async (): Promise<'held' | 'gone'> => {
    const { signal } = over;
    for (let round = 0; round < rounds; round++) {
      const now = await readLockObject(doors, { id, signal });
      if (now === 'gone') return gone();
      if (now === 'none') throw losing('somebody removed it');
      if (now.labels === undefined) throw losing('somebody wrote over it');
      if (now.labels.brokenBy !== undefined) throw losing(`broken by ${now.labels.brokenBy}`);
      const began = momentOf(clock);
      const written = await writeLockObject(doors, now, { ...labels, beat: now.labels.beat + 1 }, { signal });
      if (written === 'gone') return gone();
      if (written !== 'written') continue;
      signal.throwIfAborted();
      confirmed = began;
      state = 'held';
      return 'held';
    }
    throw new DabookError('unreachable', 'the lock of the swarm is written by others all the time', {
      hint: `look for who writes it: docker config inspect ${lockName}`,
    });
  };
  const losing = (reason: string) => {
    lose(reason);
    return lost(reason);
  };
  /** One at a time: who comes while one is under way takes its outcome. */
  const renewOnce = () => {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const keep = async () => {
    let wait = lease / 3;
    while (!over.signal.aborted) {
      await clock.sleep(wait, { signal: over.signal });
      // After a failure sooner: half a lease is what there is.
      wait = await renewOnce().then(
        () => lease / 3,
        () => lease / 10,
      );
    }
  };
  // It ends with the signal, which is no fault; what a renewal throws is told by `confirm`.
  keep().catch(() => {});

  const refuse = () => {
    if (state === 'lost') throw lost(lostBy);
    if (state === 'released') throw new DabookError('bug', 'the lock of the swarm has been released');
  };

  return {
    swarm: doors.swarm,
    id,
    state: () => state,
    isFresh,
    addDoor: (door) => doors.add(door),

    async confirm(signal) {
      // One that is under way may have met with what is over by now, such as a line that was cut: its failure is none.
      if (renewing !== undefined) {
        await unlessAborted(renewing, signal).catch(() => {});
        if (isFresh() && !signal?.aborted) return 'held';
      }
      for (let round = 0; round < rounds; round++) {
        signal?.throwIfAborted();
        refuse();
        const outcome = await unlessAborted(renewOnce(), signal);
        refuse();
        // One that took its time may be too old by now.
        if (outcome === 'gone' || isFresh()) return outcome;
      }
      throw new DabookError('unreachable', 'the swarm answers too slowly to hold its lock', {
        hint: 'see what keeps its managers busy',
      });
    },

    async release(signal) {
      if (state === 'released' || state === 'lost') return;
      state = 'released';
      over.abort(new DabookError('bug', 'the lock of the swarm has been released'));
      await removeLockObject(doors, id, { signal });
    },
  };
}

function lost(reason: string): DabookError {
  return new DabookError('locked', `this run no longer holds the lock of the swarm: ${reason}`, {
    hint: 'another run may be at work there; when it has ended, run again',
  });
}

/** @throws the signal's own reason when it is aborted first; the promise goes on */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => {});
  let onAbort = () => {};
  const aborted = new Promise<never>((_, fail) => {
    onAbort = () => fail(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
