import type { Session, Target } from './transport/session.ts';

/** The way to one host: a connection that is made when it is needed. */
export interface Line {
  /** The session; connects where there is none. A host that could not be reached stays so. To be called within `hold`. */
  session(): Promise<Session>;
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
}

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

  const opened = async (target: Target, entry: Entry, onConnected: (seconds: number) => void) => {
    const started = performance.now();
    open.add(entry);
    try {
      await makeRoom();
      const session = await connect(target);
      onConnected((performance.now() - started) / 1000);
      return session;
    } catch (error) {
      open.delete(entry);
      throw error;
    }
  };

  return {
    line(target, onConnected) {
      const entry: Entry = { session: undefined, users: 0 };
      return {
        session: () => (entry.session ??= opened(target, entry, onConnected)),
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
          const session = await entry.session?.catch(() => undefined);
          await session?.close();
        },
      };
    },
  };
}
