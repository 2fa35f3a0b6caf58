import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel, ServerHostKeyAlgorithm } from 'ssh2';
import { DabookError, messageOf } from '../errors.ts';
import type { OpenChannel } from './channel.ts';
import { handshakeFault } from './handshake-fault.ts';
import { algorithmsFor, judgeHostKey } from './host-key.ts';
import type { KnownHosts } from './known-hosts.ts';
import { sshAuth } from './ssh-auth.ts';
import { sshChannel } from './ssh-channel.ts';
import type { SshSettings } from './ssh-settings.ts';
import { sshSocket, type Try } from './ssh-socket.ts';

/** One SSH connection: authenticated, its host key known. */
export interface SshConnection {
  readonly shown: string;
  readonly open: OpenChannel;
  /** A connection from the host to another one. */
  forward(address: string, port: number): Promise<Duplex>;
  /** Settles when it is over. Never rejects. */
  readonly closed: Promise<void>;
  /** Ends it, by force after a second. Never rejects. */
  close(): Promise<void>;
}

const retries = 2;
/** Milliseconds; the login itself may be slow, by PAM or a directory. */
const authTimeout = 30_000;
/** SHA-1 signatures are left out, as in OpenSSH. */
const hostKeyAlgorithms: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
const keepalive = { keepaliveInterval: 5_000, keepaliveCountMax: 3 };

/**
 * Connects to a host. What may pass (refused, reset, not answered) is tried again twice within the time that
 * the settings allow; a wrong key or login is not.
 * @param via the connection to the jump host
 * @throws DabookError `unreachable`, saying what went wrong on the way
 */
export async function connectSsh(
  settings: SshSettings,
  known: KnownHosts,
  via?: SshConnection,
): Promise<SshConnection> {
  const deadline = Date.now() + settings.timeout;
  for (let attempt = 0; ; attempt += 1) {
    const result = await attemptSsh(settings, known, via, deadline - Date.now());
    if ('got' in result) return result.got;
    const pause = 250 * 2 ** attempt * (0.5 + Math.random());
    if (!result.passing || attempt >= retries || Date.now() + pause >= deadline) throw result.fault;
    await sleep(pause);
  }
}

async function attemptSsh(
  settings: SshSettings,
  known: KnownHosts,
  via: SshConnection | undefined,
  timeout: number,
): Promise<Try<SshConnection>> {
  const { shown, address, port, user, alias, knownHostsFiles } = settings;
  const [{ default: SSH2Promise }, auth] = await Promise.all([import('ssh2-promise'), sshAuth(settings)]);
  const start = Date.now();
  const socket = await sshSocket(settings, via, timeout);
  if ('fault' in socket) return socket;

  const host = {
    shown,
    address,
    port,
    alias,
    behindJump: via !== undefined,
    knownHostsFile: knownHostsFiles[0] ?? '~/.ssh/known_hosts',
  };
  let refused: DabookError | undefined;
  const connection = new SSH2Promise.SSH({
    sock: socket.got as Socket,
    username: user,
    reconnect: false,
    readyTimeout: 0,
    uniqueId: randomUUID(),
    algorithms: { serverHostKey: algorithmsFor(host, known, hostKeyAlgorithms) },
    hostVerifier: (key: Buffer) => {
      refused = judgeHostKey(host, key, known);
      return refused === undefined;
    },
    authHandler: auth.handler,
    ...keepalive,
  });
  const connecting = connection.connect();
  // Private in the types, and made by connect().
  const { sshConnection: client } = connection as unknown as { sshConnection: Client };

  let stage: 'handshake' | 'login' = 'handshake';
  let problem: (Error & { level?: string }) | undefined;
  let timedOut: number | undefined;
  const giveUp = (ms: number, told: number) =>
    setTimeout(() => {
      timedOut = told;
      socket.got.destroy();
    }, ms);
  let timer = giveUp(Math.max(1, timeout - (Date.now() - start)), settings.timeout);
  client.on('error', (error: Error & { level?: string }) => {
    // An agent that fails is not the end: the next way to log in is tried.
    if (error.level !== 'agent') problem ??= error;
  });
  client.once('handshake', () => {
    stage = 'login';
    clearTimeout(timer);
    timer = giveUp(authTimeout, authTimeout);
  });
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  try {
    await connecting;
  } catch (error) {
    const isLogin = problem?.level === 'client-authentication';
    const fault =
      refused ??
      (isLogin ? auth.refusal() : handshakeFault({ shown, stage, timedOut, problem: problem ?? error }));
    return {
      fault,
      passing: refused === undefined && stage === 'handshake' && !/no matching/i.test(fault.message),
    };
  } finally {
    clearTimeout(timer);
  }

  const whyLost = () => (problem === undefined ? 'the other side closed it' : messageOf(problem));
  const got: SshConnection = {
    shown,
    closed,
    open: async (command, output) =>
      sshChannel(await spawn(connection, command, shown, whyLost), output, whyLost),
    forward: (to, toPort) => connection.forwardOut('127.0.0.1', 0, to, toPort),
    async close() {
      client.end();
      const wait = new AbortController();
      const late = sleep(1000, true, { signal: wait.signal }).catch(() => false);
      // The client destroys no stream that it has ended; a jump host that is gone would never tell its end.
      if (await Promise.race([closed, late])) socket.got.destroy();
      wait.abort();
    },
  };
  return { got };
}

/** sshd frees the place of a closed channel a little late: a channel that it refuses is asked for again. */
async function spawn(
  connection: Spawner,
  command: string,
  shown: string,
  whyLost: () => string,
): Promise<ClientChannel> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connection.spawn(command);
    } catch (error) {
      const refused = error instanceof Error && /open failure/i.test(error.message);
      if (refused && attempt < retries) await sleep(100 * (attempt + 1));
      else if (refused) {
        throw new DabookError('unreachable', `${shown} opens no further channel: ${messageOf(error)}`, {
          hint: 'its sshd must allow five sessions a connection: MaxSessions',
          cause: error,
        });
      } else
        throw new DabookError('unreachable', `connection to ${shown} lost: ${whyLost()}`, { cause: error });
    }
  }
}

interface Spawner {
  spawn(command: string): Promise<ClientChannel>;
}
