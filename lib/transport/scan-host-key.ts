import type { Client } from 'ssh2';
import { DabookError, messageOf } from '../errors.ts';
import { ciphers, hostKeyAlgorithms, keyExchanges } from './ssh-algorithms.ts';
import type { SshSettings } from './ssh-settings.ts';
import { type JumpHost, sshSocket } from './ssh-socket.ts';

/** A server shows one key a connection, of the first type that it has of those that it is asked for. */
const kinds = [/^ssh-ed25519$/, /^ecdsa-/, /^rsa-/].map((kind) =>
  hostKeyAlgorithms.filter((name) => kind.test(name)),
);

/**
 * Asks a host for its keys, one of each type that it has, and goes before anybody logs in. That it is that host that
 * showed them nobody knows yet.
 * @param via the connection to the jump host
 * @throws DabookError `unreachable`
 */
export async function scanHostKeys(
  settings: SshSettings,
  via: JumpHost | undefined,
): Promise<readonly Buffer[]> {
  const keys: Buffer[] = [];
  // One after the other: a server that sees several at once from one address may let some fall.
  for (const algorithms of kinds) {
    const key = await scanOne(settings, via, algorithms);
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

async function scanOne(
  settings: SshSettings,
  via: JumpHost | undefined,
  serverHostKey: typeof hostKeyAlgorithms,
): Promise<Buffer | undefined> {
  const { default: ssh2 } = await import('ssh2');
  const socket = await sshSocket(settings, via, settings.timeout);
  if ('fault' in socket) throw socket.fault;
  const client: Client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let shown: Buffer | undefined;
    const end = (finish: () => void) => {
      clearTimeout(timer);
      // What comes now, such as that the key was not taken, is no news.
      client.removeAllListeners('error').on('error', () => {});
      client.destroy();
      socket.got.destroy();
      finish();
    };
    const fail = (why: string) =>
      end(() =>
        reject(
          new DabookError('unreachable', `${settings.shown} showed no host key: ${why}`, {
            hint: 'does an SSH server run there, on this port?',
          }),
        ),
      );
    const timer = setTimeout(() => fail(`no answer within ${settings.timeout / 1000} s`), settings.timeout);
    client.on('error', (error) => {
      if (shown !== undefined) return;
      // It has none of that type.
      if (/no matching host key/i.test(error.message)) end(() => resolve(undefined));
      else fail(messageOf(error));
    });
    client.on('close', () => shown === undefined && fail('the other side closed the connection'));
    client.connect({
      sock: socket.got,
      username: settings.user,
      readyTimeout: 0,
      algorithms: { kex: keyExchanges, cipher: ciphers, serverHostKey: [...serverHostKey] },
      hostVerifier: (key: Buffer) => {
        shown = key;
        end(() => resolve(key));
        return false;
      },
    });
  });
}
