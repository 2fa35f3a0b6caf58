import { codeOf, messageOf } from './errors.ts';
import type { SwarmLock } from './lock/held-lock.ts';
import { type LockHolder, showHolder } from './lock/lock-holder.ts';
import { lockedError } from './lock/locked-error.ts';
import { type AskEngine, findSwarmDoor, type SwarmDoor } from './lock/swarm-door.ts';
import { createSwarmLocking } from './lock/swarm-lock.ts';

/** The locks of the swarms that a run's hosts manage: others may reach those through other managers. */
export interface SwarmClaim {
  /**
   * Takes the lock of each swarm that one of these hosts manages, in the order of their ids, as every run does.
   * @param seconds to wait for another run
   * @throws DabookError `locked` when another run holds one
   */
  take(engines: readonly HostEngine[], seconds: number): Promise<void>;
  /**
   * Settles once this run is known to hold them still: at once where that was seen a moment ago.
   * @throws DabookError `locked` when one was lost
   */
  confirm(): Promise<void>;
  /** Gives them back. Never rejects. */
  release(): Promise<void>;
}

export interface HostEngine {
  readonly host: string;
  readonly ask: AskEngine;
}

export interface SwarmClaimOptions {
  readonly holder: LockHolder;
  /** Whether the process of a holder is known to run no more. */
  readonly isGone?: ((holder: LockHolder) => boolean) | undefined;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Makes the claim of a run on swarms. Nothing is asked before it is taken. */
export function createSwarmClaim({ holder, isGone, warn, signal }: SwarmClaimOptions): SwarmClaim {
  const held = new Map<string, SwarmLock>();
  /** One after the other: what one has taken the next one finds held, be it through another manager. */
  let turn: Promise<void> = Promise.resolve();

  const takeOne = async (swarm: string, doors: readonly SwarmDoor[], seconds: number) => {
    const locking = createSwarmLocking({ doors, holder, isGone });
    const through = doors.map(({ host }) => host).join(', ');
    const acquired = await locking.acquire({
      timeout: seconds,
      signal,
      onWaiting: ({ holder: other }) => {
        if (seconds > 0) warn(`${lockedBy(through, other)}; waiting for up to ${Math.round(seconds)} s`);
      },
    });
    if (acquired.outcome === 'held') held.set(swarm, acquired.lock);
    if (acquired.outcome === 'taken') {
      throw lockedError(lockedBy(through, acquired.holder));
    }
  };

  const release = async () => {
    const locks = [...held.values()];
    held.clear();
    const released = await Promise.allSettled(locks.map((lock) => lock.release()));
    for (const result of released) {
      if (result.status === 'rejected')
        warn(`the lock of a swarm could not be given back, and passes after its lease: ${result.reason}`);
    }
  };

  const takeAll = async (engines: readonly HostEngine[], seconds: number) => {
    const deadline = performance.now() + seconds * 1000;
    const found = await Promise.all(engines.map(({ host, ask }) => doorOf(host, ask, warn)));
    const doors = found.flatMap((door) => (door === undefined ? [] : [door]));
    const swarms = [...new Set(doors.map(({ swarm }) => swarm))].sort();
    try {
      for (const swarm of swarms) {
        const left = Math.max(0, deadline - performance.now()) / 1000;
        const into = doors.filter((door) => door.swarm === swarm);
        const known = held.get(swarm);
        for (const door of known === undefined ? [] : into) known?.addDoor(door);
        if (known === undefined) await takeOne(swarm, into, left);
      }
    } catch (error) {
      await release();
      throw error;
    }
  };

  return {
    take(engines, seconds) {
      const taken = turn.then(() => takeAll(engines, seconds));
      turn = taken.catch(() => {});
      return taken;
    },
    async confirm() {
      await Promise.all(
        [...held.values()].map((lock) => (lock.isFresh() ? undefined : lock.confirm(signal))),
      );
    },
    release,
  };
}

/** Where no Engine answers there is no swarm to write to, at least not through it. */
async function doorOf(
  host: string,
  ask: AskEngine,
  warn: (message: string) => void,
): Promise<SwarmDoor | undefined> {
  try {
    return await findSwarmDoor(host, ask);
  } catch (error) {
    const said = messageOf(error);
    if (codeOf(error) === 'command' && said.startsWith(`${host} manages a swarm`))
      warn(`${said}: it cannot be locked`);
    return undefined;
  }
}

function lockedBy(hosts: string, holder: LockHolder | undefined): string {
  const who = holder === undefined ? 'something that dabook did not make' : showHolder(holder);
  return `the swarm of ${hosts} is locked by ${who}`;
}
