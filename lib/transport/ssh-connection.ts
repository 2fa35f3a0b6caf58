import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { messageOf } from '../errors.ts';
import type { OpenChannel } from './channel.ts';
import { handshakeFault, wasDropped } from './handshake-fault.ts';
import type { KeyedHost } from './host-key.ts';
import { createKeyTrial } from './key-trial.ts';
import type { KnownHosts } from './known-hosts.ts';
import { ciphers, keyExchanges } from './ssh-algorithms.ts';
import { sshAuth } from './ssh-auth.ts';
import { openSshChannel } from './ssh-channel.ts';
import type { KeyFile } from './ssh-key-file.ts';
import type { SshSettings } from './ssh-settings.ts';
import { sshSocket, type Try } from './ssh-socket.ts';
import { startTries } from './start-tries.ts';
import type { Starts } from './starts.ts';

/** One SSH connection: authenticated, its host key known. */
export interface SshConnection {
  readonly shown: string;
  readonly open: OpenChannel;
  /** A connection from the host to another one. */
  forward(address: string, port: number): Promise<Duplex>;
  /** Settles when it is over. Never rejects. */
  readonly closed: Promise<void>;
  /** Says goodbye and ends it, by force after a second. Never rejects. */
  close(): Promise<void>;
}

/** What all connections share. */
export interface SshCommons {
  readonly starts: Starts;
  readonly known: KnownHosts;
  /** Reads a key file. */
  readonly readKey: (file: string) => Promise<KeyFile>;
}

/** Milliseconds; the login itself may be slow, by PAM or a directory. */
const authTimeout = 30_000;
/**
 * Milliseconds. ssh2 asks one interval after the last answer, and gives up where it would ask once more than it may:
 * a host that stops answering is noticed within (3 + 1) * 3.5 = 14 s.
 */
const keepalive = { keepaliveInterval: 3_500, keepaliveCountMax: 3 };

/**
 * Connects to a host, once there is room for it. What may pass (refused, reset, not answered) is tried again twice
 * within the time that the settings allow, and oftener where a server only has too many at once; a wrong key or
 * login is not.
 * @param via the connection to the jump host
 * @throws DabookError `unreachable`, saying what went wrong on the way
 */
export async function connectSsh(
  settings: SshSettings,
  commons: SshCommons,
  via?: SshConnection,
): Promise<SshConnection> {
  const destination = `${via === undefined ? '' : `${via.shown} `}${settings.address}:${settings.port}`;
  return startTries(commons.starts, destination, settings.timeout, (left) =>
    attemptSsh(settings, commons, via, left),
  );
}

/** A host as its key is judged. */
export function keyedHost(settings: SshSettings): KeyedHost {
  const { shown, address, port, alias, pins, knownHostsFiles } = settings;
  const knownHostsFile = knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  return { shown, address, port, alias, pins, knownHostsFile };
}

async function attemptSsh(
  settings: SshSettings,
  commons: SshCommons,
  via: SshConnection | undefined,
  timeout: number,
  trial = createKeyTrial(keyedHost(settings), commons.known, settings.revokedKeysFile),
): Promise<Try<SshConnection>> {
  const { shown, user } = settings;
  const { fault: untried } = trial.algorithms.length === 0 ? trial.outcome('') : {};
  if (untried) return { fault: untried, passing: false };
  // What SSH needs is loaded while the other side is on its way. Node sends the first packet in the next tick, and
  // loading would hold it back.
  const opening = sshSocket(settings, via, timeout);
  await setImmediate();
  const [{ default: SSH2Promise }, auth] = await Promise.all([
    import('ssh2-promise'),
    sshAuth(settings, commons.readKey),
  ]).catch(async (error: unknown) => {
    const opened = await opening;
    if ('got' in opened) opened.got.destroy();
    throw error;
  });
  // Loading may take long on a machine that is busy, which is no fault of the host's.
  const start = Date.now();
  const socket = await opening;
  if ('fault' in socket) return socket;

  const connection = new SSH2Promise.SSH({
    sock: socket.got as Socket,
    username: user,
    reconnect: false,
    readyTimeout: 0,
    uniqueId: randomUUID(),
    algorithms: { kex: keyExchanges, cipher: ciphers, serverHostKey: [...trial.algorithms] },
    hostVerifier: trial.verify,
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
    const { fault: refused, again } = trial.outcome(messageOf(problem ?? error));
    if (again) return attemptSsh(settings, commons, via, timeout - (Date.now() - start), again);
    if (refused) return { fault: refused, passing: false };
    if (problem?.level === 'client-authentication') return { fault: auth.refusal(), passing: false };
    const handshake = { shown, stage, timedOut, problem: problem ?? error };
    const fault = handshakeFault(handshake);
    const passing = stage === 'handshake' && !/no matching/i.test(fault.message);
    return { fault, passing, dropped: wasDropped(handshake) };
  } finally {
    clearTimeout(timer);
  }

  const whyLost = () => (problem === undefined ? 'the other side closed it' : messageOf(problem));
  const got: SshConnection = {
    shown,
    closed,
    open: (command, output) => openSshChannel(connection, command, output, shown, whyLost),
    forward: (to, toPort) => connection.forwardOut('127.0.0.1', 0, to, toPort),
    async close() {
      const told = new Promise<void>((resolve) => socket.got.once('finish', () => resolve()));
      client.end();
      const late = sleep(1000, undefined, { ref: false });
      // Once the goodbye has left, the other side's costs a round trip and says nothing. The client destroys no stream
      // that it has ended, and a jump host that is gone would never tell its end.
      await Promise.race([closed, told, late]);
      socket.got.destroy();
    },
  };
  return { got };
}
