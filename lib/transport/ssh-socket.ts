import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DabookError, messageOf } from '../errors.ts';
import { gatherWrites } from './gather-writes.ts';
import type { SshSettings } from './ssh-settings.ts';

/** What came of a try: a fault that may pass is worth another one. */
export type Try<T> =
  | { readonly got: T }
  | {
      readonly fault: DabookError;
      readonly passing: boolean;
      /** The server took the connection and let it fall: it may have too many at once. */
      readonly dropped?: boolean;
    };

/** A connection through which others are reached. */
export interface JumpHost {
  readonly shown: string;
  /** A connection from the host to another one. */
  forward(address: string, port: number): Promise<Duplex>;
}

/**
 * A byte stream to a host's sshd: a TCP connection, or a channel through a jump host.
 * @param timeout milliseconds
 */
export function sshSocket(
  settings: SshSettings,
  via: JumpHost | undefined,
  timeout: number,
): Promise<Try<Duplex>> {
  return via === undefined ? direct(settings, timeout) : through(via, settings, timeout);
}

function direct(
  { address: host, port, shown, timeout: told }: SshSettings,
  timeout: number,
): Promise<Try<Duplex>> {
  return new Promise((resolve) => {
    // Nagle's algorithm would hold each command back for 40 ms. An address of several gets more than the
    // quarter of a second that Node gives it, which is too short for a far host.
    const socket = connect({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: 2500 });
    const timer = setTimeout(() => {
      socket.destroy();
      const message = `${shown} did not answer within ${told / 1000} s`;
      resolve({
        fault: new DabookError('unreachable', message, {
          hint: 'is it up, and is the port open for this machine?',
        }),
        passing: true,
      });
    }, timeout);
    socket.once('connect', () => {
      clearTimeout(timer);
      // Who takes it lets it flow again. An end that came before would be lost, and ssh2 would wait for it for ever.
      socket.pause();
      gatherWrites(socket);
      resolve({ got: socket });
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      resolve(socketFault(shown, host, error));
    });
  });
}

/** What a socket that could not be connected failed with. */
export function socketFault(
  shown: string,
  host: string,
  error: unknown,
): Exclude<Try<never>, { got: never }> {
  // Several addresses were tried: the errors are inside.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  const fault = (what: string, hint: string, passing: boolean) => ({
    fault: new DabookError('unreachable', `${shown}${what}`, { hint, cause: error }),
    passing,
  });
  switch (code) {
    case 'ENOTFOUND':
      return fault(
        `: the name ${host} is not known`,
        'see ansible_host in the inventory, or the ssh configuration',
        false,
      );
    case 'EAI_AGAIN':
      return fault(`: the name ${host} could not be looked up`, 'does the name server answer?', true);
    case 'ECONNREFUSED':
      return fault(' refused the connection', 'does sshd run there, on this port?', true);
    case 'ECONNRESET':
      return {
        ...fault(
          ' closed the connection before the SSH handshake',
          'its sshd may be overloaded (MaxStartups), or refuse this address',
          true,
        ),
        dropped: true,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fault(
        ': there is no route to it',
        'is it up, and in a network that this machine reaches?',
        true,
      );
    default:
      return fault(
        `: connecting failed: ${messageOf(first)}`,
        'is it up, and is the port open for this machine?',
        true,
      );
  }
}

async function through(via: JumpHost, settings: SshSettings, timeout: number): Promise<Try<Duplex>> {
  const { address, port, shown } = settings;
  const opened = via.forward(address, port);
  const wait = new AbortController();
  const late = sleep(timeout, undefined, { signal: wait.signal }).catch(() => undefined);
  try {
    const got = await Promise.race([opened, late]);
    if (got) return { got: endingAtOnce(got) };
    opened.then((stream) => stream.destroy()).catch(() => {});
    const message = `${shown} did not answer ${via.shown} within ${settings.timeout / 1000} s`;
    return {
      fault: new DabookError('unreachable', message, {
        hint: 'is it up, and is the port open for the jump host?',
      }),
      passing: true,
    };
  } catch (error) {
    const forbidden = error instanceof Error && 'reason' in error && error.reason === 1;
    const message = `${shown} cannot be reached from ${via.shown}: ${messageOf(error)}`;
    const hint = forbidden
      ? 'its sshd must allow it: AllowTcpForwarding yes'
      : 'is it up, and does it listen on this port?';
    return { fault: new DabookError('unreachable', message, { hint, cause: error }), passing: !forbidden };
  } finally {
    wait.abort();
  }
}

/**
 * ssh2 takes a channel for ended once the other side agrees. A jump host does so when it has passed on all that it was
 * given: to a host that is frozen, never.
 */
function endingAtOnce(channel: Duplex): Duplex {
  const destroy = channel.destroy.bind(channel);
  channel.destroy = (error) => {
    destroy(error);
    channel.removeAllListeners('data').resume().emit('close');
    return channel;
  };
  return channel;
}
