import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './errors.ts';
import type { Session, Target } from './transport/session.ts';

/** The way to one host: a connection that is made when it is needed. */
export interface Line {
  /** The session; connects where there is none. A host that could not be reached stays so. To be called within `hold`. */
  session(): Promise<Session>;
  /**
   * Lets go of a session that was lost: the next is connected anew. That is tried for a minute, since a link that was
   * cut, or a server that starts anew, is often back by then.
   * @returns false where that has been said before
   */
  renew(session: Session): boolean;
  /** Keeps the connection for as long as some work lasts. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the connection. It is not made again. Never rejects. */
  close(): Promise<void>;
}

/** The connections of a run. */
export interface Connections {
  line(target: Target, onConnected: (seconds: number) => void): Line;
}

/** One host's side of it. */
interface Entry {
  session: Promise<Session> | undefined;
  /** How many need it now. */
  users: number;
  isClosed: boolean;
}

/** Seconds for which a connection that was lost is tried again. */
const patience = 60;

/**
 * Makes the connections of a run: one a host, each kept for later, and so many at most. Where there are as many, the
 * one that nobody has needed for longest is closed; its host is connected to again when it is asked for something.
 * Those that are needed at one time are never refused: how many that are is for `forks` to say.
 * @param most connections that are open at one time
 */
export function createConnections(connect: (target: Target) => Promise<Session>, most: number): Connections {
  // In the order of their last use, the oldest first.
  const open = new Set<Entry>();

  const makeRoom = async () => {
    if (open.size <= most) return;
    for (const entry of open) {
      if (entry.users > 0) continue;
      const { session } = entry;
      open.delete(entry);
      entry.session = undefined;
      return (await session)?.close();
    }
  };

  /** @param seconds for how long what fails is tried again */
  const opened = async (
    target: Target,
    entry: Entry,
    onConnected: (seconds: number) => void,
    seconds: number,
  ) => {
    const started = performance.now();
    open.add(entry);
    try {
      await makeRoom();
      const session = await untilConnected(() => connect(target), entry, seconds);
      onConnected((performance.now() - started) / 1000);
      return session;
    } catch (error) {
      open.delete(entry);
      throw error;
    }
  };

  return {
    line(target, onConnected) {
      const entry: Entry = { session: undefined, users: 0, isClosed: false };
      const lost = new WeakSet<Session>();
      let seconds = 0;
      return {
        session: () => (entry.session ??= opened(target, entry, onConnected, seconds)),
        renew(session) {
          if (lost.has(session)) return false;
          lost.add(session);
          seconds = patience;
          open.delete(entry);
          entry.session = undefined;
          session.close();
          return true;
        },
        async hold(work) {
          entry.users += 1;
          try {
            return await work();
          } finally {
            entry.users -= 1;
            if (open.delete(entry)) open.add(entry);
          }
        },
        async close() {
          entry.isClosed = true;
          const session = await entry.session?.catch(() => undefined);
          await session?.close();
        },
      };
    },
  };
}

/** Connects, and for some seconds again where that fails in a way that may pass. */
async function untilConnected(
  connect: () => Promise<Session>,
  entry: Entry,
  seconds: number,
): Promise<Session> {
  const deadline = performance.now() + seconds * 1000;
  for (let wait = 500; ; wait = Math.min(wait * 2, 5000)) {
    try {
      return await connect();
    } catch (error) {
      const mayPass = codeOf(error) === 'unreachable' || codeOf(error) === 'lost';
      if (!mayPass || entry.isClosed || performance.now() + wait > deadline) throw error;
      await sleep(wait * (0.5 + Math.random()));
    }
  }
}
