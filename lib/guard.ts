import type { DabookError } from './errors.ts';
import { type Keeper, startKeeper } from './lock/keeper.ts';
import type { Former } from './lock/keeper-script.ts';
import { type LockHolder, showHolder } from './lock/lock-holder.ts';
import { readLockNote } from './lock/lock-place.ts';
import { lockedError } from './lock/locked-error.ts';
import type { Session } from './transport/session.ts';

/** What watches over one host while a run changes it: its lock, and an end for what a run that died left there. */
export interface Guard {
  /**
   * Settles once a user's commands are watched over on this session, with the lock held.
   * @param become the user; none for what needs the lock alone, whoever has it: the login user where nobody does
   * @param starts false to only renew what was there on an earlier session: nothing before a first step
   * @throws DabookError `locked` when another run holds the lock; `lost` with the connection
   */
  ready(session: Session, become: boolean | undefined, starts: boolean): Promise<void>;
  /** The connection died. @param duringStep a step was under way, which may still be so on the host */
  lost(duringStep: boolean): void;
  /** A user's shell was given up, and another one takes its place: what it still does is ended. Never rejects. */
  shellEnded(become: boolean): Promise<void>;
  /** Ends what is under way on the host, by process group. Never rejects. */
  stop(): Promise<void>;
  /** Gives the lock back. Never rejects. */
  release(): Promise<void>;
}

export interface GuardOptions {
  readonly holder: LockHolder;
  /** Seconds that a step whose connection died may go on before it is ended; 10 by default. */
  readonly grace?: number | undefined;
}

/** What one user's commands are watched by. */
interface Watch {
  readonly session: Session;
  readonly keeper: Promise<Keeper>;
  /** Once it is up: what is only starting nobody waits for at the end, it ends with its connection. */
  up: Keeper | undefined;
  /** What there will be to end, should this session be lost. */
  left: Omit<Former, 'isBusy'> | undefined;
  /** The user's shell was given up: the next one is not watched over yet. */
  isNewShell: boolean;
}

/** Prints the process group of the shell that runs it. */
const ownGroup = 'IFS=" " read -r _ _ _ _ g _ </proc/$$/stat && echo "$g"';

/**
 * Makes the guard of a host. The first user that changes something there takes the lock; each further one only has
 * its processes watched over. On a new connection what the old one left behind is ended first: whatever is
 * read after that, nothing of the former steps is under way any more.
 */
export function createGuard(host: string, { holder, grace }: GuardOptions): Guard {
  const watches = new Map<boolean, Watch>();
  let isBusy = false;

  const start = (session: Session, become: boolean): Watch => {
    const before = watches.get(become)?.left;
    const former = before && { ...before, isBusy };
    const [locks = become] = watches.keys();
    const watch: Watch = { session, keeper: open(), up: undefined, left: before, isNewShell: false };
    watches.set(become, watch);
    return watch;

    async function open(): Promise<Keeper> {
      const made = await startKeeper(session, {
        host,
        become,
        former,
        locks: become === locks,
        grace,
        run: holder.run,
        holder: showHolder(holder),
      });
      if ('busy' in made) throw lockedBy(host, made.busy);
      watch.up = made;
      watch.left = { keeper: made.group, groups: [] };
      await watchShell(watch, made, become);
      return made;
    }
  };

  /** The shell is asked in a trip of its own: only the first step on a host waits for it. */
  const watchShell = async (watch: Watch, keeper: Keeper, become: boolean) => {
    const { stdout } = await watch.session.exec(ownGroup, { become });
    const shell = Number(stdout.toString());
    // Where it cannot be told, what is under way there can only end by itself.
    if (!Number.isInteger(shell) || shell <= 1) return;
    await keeper.watch(shell);
    watch.left = { keeper: keeper.group, groups: [shell] };
    watch.isNewShell = false;
  };

  const readyFor = async (session: Session, become: boolean) => {
    const known = watches.get(become);
    const watch = known?.session === session ? known : start(session, become);
    try {
      const keeper = await watch.keeper;
      if (watch.isNewShell) await watchShell(watch, keeper, become);
      await keeper.confirm();
    } catch (error) {
      // Whoever comes next tries anew.
      if (watches.get(become) === watch) watches.set(become, { ...watch, session: none });
      throw error;
    }
  };

  const keepers = () => [...watches.values()].flatMap(({ up }) => up ?? []);

  return {
    async ready(session, become, starts) {
      const users = new Set(watches.keys());
      if (starts && (become !== undefined || users.size === 0)) users.add(become ?? false);
      for (const user of users) await readyFor(session, user);
      isBusy = false;
    },
    lost(duringStep) {
      isBusy ||= duringStep;
    },
    async shellEnded(become) {
      const watch = watches.get(become);
      if (watch === undefined) return;
      watch.isNewShell = true;
      await watch.keeper.then(
        (keeper) => keeper.stop(),
        () => {},
      );
    },
    async stop() {
      await Promise.all(keepers().map((keeper) => keeper.stop()));
    },
    async release() {
      const open = keepers();
      watches.clear();
      await Promise.all(open.map((keeper) => keeper.end()));
    },
  };
}

/** No session is this one. */
const none = {} as Session;

/** @param note what the holder wrote there */
function lockedBy(host: string, note: string): DabookError {
  return lockedError(`${host} is locked by ${readLockNote(note).holder}`);
}
