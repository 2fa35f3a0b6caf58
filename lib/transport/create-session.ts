import { DabookError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Channel, ChannelOutput, OpenChannel, Place } from './channel.ts';
import { startCompanion } from './companion.ts';
import { createDockerChannel } from './docker-channel.ts';
import { engineSocket, mayUseEngine } from './engine-socket.ts';
import { createResidentShell } from './resident-shell.ts';
import type { Session } from './session.ts';
import { type StartedCommand, startCommand } from './start-command.ts';
import { createTrips } from './trips.ts';

type Start = (script: string, output: ChannelOutput) => Promise<Channel & { readonly asRoot: boolean }>;

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
  /** Path of the socket of the host's Docker Engine; where packages put it by default. */
  readonly socket?: string | undefined;
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
  let firstSudo: Promise<StartedCommand> | undefined;

  /**
   * With a password the first sudo decides for all: a wrong one is tried once, and not until the account is locked.
   * Nor does another one ask while the first does: sudo lets one wait for the other, in an order of its own.
   * @param unless where this is so, no sudo is taken
   */
  const startWithSudo = async (script: string, output: ChannelOutput, unless?: string) => {
    while (password !== undefined && firstSudo !== undefined) {
      const first = firstSudo;
      if ((await first).asRoot) break;
      // That one did without: whether the password is right nobody knows yet.
      if (firstSudo === first) firstSudo = undefined;
    }
    const started = startCommand(
      { open, place, script, become: true, unless, password, signal: closing.signal },
      output,
    );
    firstSudo ??= started;
    return started;
  };
  const startAsRoot = (script: string, output: ChannelOutput) => startWithSudo(script, output);
  /** An Engine does the same whoever calls it: root is taken only where the login user may not. */
  const spared = mayUseEngine(options.socket ?? engineSocket);
  const startForEngine = (script: string, output: ChannelOutput) => startWithSudo(script, output, spared);
  const startAsUser = (script: string, output: ChannelOutput) =>
    startCommand({ open, place, script, become: false, signal: closing.signal }, output);

  const shellBy = (start: Start) => createResidentShell({ start, place, trips, maxBytes });
  const engineBy = (start: Start) => createDockerChannel({ start, place, trips });
  const user = { shell: shellBy(startAsUser), docker: engineBy(startAsUser) };
  const root = { shell: shellBy(startAsRoot), docker: engineBy(startForEngine) };

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
