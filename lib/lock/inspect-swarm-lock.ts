import { DabookError } from '../errors.ts';
import { type LockClock, systemClock } from './lock-clock.ts';
import type { LockHolder } from './lock-holder.ts';
import { type LockObject, readLockObject, removeLockObject, writeLockObject } from './lock-object.ts';
import type { SwarmDoor } from './swarm-door.ts';
import { createSwarmDoors } from './swarm-doors.ts';

/** The lock of a swarm, for people to look at. */
export interface SeenLock {
  readonly id: string;
  /** None for an object that this version of dabook cannot read, or that was made by hand. */
  readonly holder?: LockHolder | undefined;
  /** Seconds; the holder renews it each third of that. */
  readonly lease?: number | undefined;
  /** Number of renewals. Where it grows between two looks, the holder is alive. */
  readonly beat?: number | undefined;
  readonly brokenBy?: string | undefined;
}

export interface InspectOptions {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: LockClock;
}

/** Milliseconds that one door has for an answer. */
const patience = 10_000;

/**
 * Looks who holds the lock of a swarm. Changes nothing.
 * @returns undefined when nobody does
 * @throws DabookError `unreachable` when no manager answers
 */
export async function readSwarmLock(
  doors: readonly SwarmDoor[],
  { signal, clock = systemClock }: InspectOptions = {},
): Promise<SeenLock | undefined> {
  const found = await readLockObject(createSwarmDoors(doors, { patience, clock }), { signal });
  return found === 'none' || found === 'gone' ? undefined : seenOf(found);
}

function seenOf({ id, labels }: LockObject): SeenLock {
  if (labels === undefined) return { id };
  const { holder, lease, beat, brokenBy } = labels;
  return { id, holder, lease, beat, ...(brokenBy === undefined ? {} : { brokenBy }) };
}

/**
 * Breaks the lock that was seen, which its holder is told at its next renewal at the latest, and removes it when half
 * its lease has passed: for so long a holder that is alive may rely on it. To be done only when a person said so,
 * who knows that the holder is at work no more: what it has under way on its hosts goes on.
 * @param by who said so
 * @returns false when that lock was not there any more; another one is left alone
 * @throws DabookError `unreachable` when no manager answers; the signal's own reason: the lock is broken then, and the
 * next run removes it
 */
export async function breakSwarmLock(
  doors: readonly SwarmDoor[],
  seen: SeenLock,
  { by, signal, clock = systemClock }: InspectOptions & { readonly by: string },
): Promise<boolean> {
  const ways = createSwarmDoors(doors, { patience, clock });
  for (let round = 0; round < 10; round++) {
    const found = await readLockObject(ways, { id: seen.id, signal });
    if (found === 'none' || found === 'gone') return false;
    const { labels } = found;
    if (labels !== undefined && labels.brokenBy === undefined) {
      const written = await writeLockObject(ways, found, { ...labels, brokenBy: by }, { signal });
      // The holder is alive and wrote first: what was decided was decided about the holder, not the version.
      if (written !== 'written') continue;
    }
    // What dabook did not make, nobody relies on.
    if (labels !== undefined) await clock.sleep((labels.lease * 1000) / 2, { signal, keep: true });
    await removeLockObject(ways, found.id, { signal });
    return true;
  }
  throw new DabookError('command', 'the lock of the swarm is written all the time by its holder', {
    hint: 'end that run first',
  });
}
