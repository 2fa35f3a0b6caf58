import type { SshConnection } from './ssh-connection.ts';

/** A jump host's connection, lent. */
export interface Loan {
  readonly connection: SshConnection;
  /** Gives it back; the last one closes it. May be called twice. */
  release(): Promise<void>;
}

interface Shared {
  readonly opened: Promise<SshConnection>;
  readonly before: Promise<Loan | undefined>;
  users: number;
}

/**
 * Shares the connections to jump hosts among all hosts behind them. One that cannot be reached stays so: its
 * password is not tried once for each host behind it.
 * @param connect connects to a jump host, through the one before it
 */
export function createSshJumps(
  connect: (hop: string, via: SshConnection | undefined) => Promise<SshConnection>,
): {
  /** The connection to the last of these jump hosts; none for none. */
  borrow(hops: readonly string[]): Promise<Loan | undefined>;
} {
  const shared = new Map<string, Shared>();

  const open = (hops: readonly string[]): Shared => {
    const before = borrow(hops.slice(0, -1));
    const opened = before.then((loan) => connect(hops.at(-1) ?? '', loan?.connection));
    return { before, opened, users: 0 };
  };

  const borrow = async (hops: readonly string[]): Promise<Loan | undefined> => {
    if (hops.length === 0) return undefined;
    const name = hops.join(',');
    const entry = shared.get(name) ?? open(hops);
    shared.set(name, entry);
    entry.users += 1;
    const connection = await entry.opened;
    // One that was lost in between is opened anew for whoever comes next.
    const forget = () => void (shared.get(name) === entry && shared.delete(name));
    connection.closed.then(forget);
    let released: Promise<void> | undefined;
    const release = async () => {
      entry.users -= 1;
      if (entry.users > 0) return;
      forget();
      await connection.close();
      await (await entry.before)?.release();
    };
    return { connection, release: () => (released ??= release()) };
  };
  return { borrow };
}
