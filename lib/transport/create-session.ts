import { DabookError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { ChannelOutput, OpenChannel, Place } from './channel.ts';
import { startCompanion } from './companion.ts';
import { createDockerChannel } from './docker-channel.ts';
import { createResidentShell } from './resident-shell.ts';
import type { Session } from './session.ts';
import { startCommand } from './start-command.ts';
import { createTrips } from './trips.ts';

/** A session that counts. */
export interface MeteredSession extends Session {
  readonly stats: {
    /** Commands and calls that were asked in one tick count once, of whatever user and kind. */
    readonly roundTrips: number;
  };
}

export interface SessionOptions {
  readonly open: OpenChannel;
  readonly place: Place;
  readonly becomePassword?: Secret | undefined;
  /** The most that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxOutput?: number | undefined;
  /** Lets go of the connection, once all that ran on it has been told to end. Never rejects. */
  readonly disconnect: () => Promise<void>;
}

/**
 * A session over any way to run commands: a resident shell and a line to the Docker Engine for each user,
 * and companions, each on a channel that is opened when it is first used.
 */
export function createSession(options: SessionOptions): MeteredSession {
  const { place, open, becomePassword: password, maxOutput: maxBytes } = options;
  const trips = createTrips();
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  let firstSudo: Promise<unknown> | undefined;

  /**
   * With a password the first sudo decides for all: a wrong one is tried once, and not until the account is locked.
   * Nor does another one ask while the first does: sudo lets one wait for the other, in an order of its own.
   */
  const startAsRoot = async (script: string, output: ChannelOutput) => {
    if (password !== undefined && firstSudo !== undefined) await firstSudo;
    const started = startCommand(
      { open, place, script, become: true, password, signal: closing.signal },
      output,
    );
    firstSudo ??= started;
    return started;
  };
  const startAsUser = (script: string, output: ChannelOutput) =>
    startCommand({ open, place, script, become: false, signal: closing.signal }, output);

  const usersOf = (start: typeof startAsUser) => {
    const common = { start, place, trips };
    return { shell: createResidentShell({ ...common, maxBytes }), docker: createDockerChannel(common) };
  };
  const user = usersOf(startAsUser);
  const root = usersOf(startAsRoot);

  const close = async () => {
    const error = new DabookError('unreachable', `the session with ${place.address} has been closed`);
    closing.abort(error);
    for (const part of [user.shell, user.docker, root.shell, root.docker]) part.close(error);
    await options.disconnect();
  };

  return {
    stats: {
      get roundTrips() {
        return trips.count;
      },
    },
    exec: async (command, { become, ...more }) => (become ? root : user).shell.exec(command, more),
    docker: async (request, { become, deadline }) =>
      (become ? root : user).docker.request(request, { deadline }),
    accompany: (script, { become, onLine }) =>
      startCompanion(script, { onLine }, become ? startAsRoot : startAsUser),
    close: () => (closed ??= close()),
  };
}
