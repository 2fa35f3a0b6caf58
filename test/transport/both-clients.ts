import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { DabookError } from '../../lib/errors.ts';
import type { JumpPins } from '../../lib/transport/jump-pins.ts';
import { createOpensshTransport } from '../../lib/transport/openssh.ts';
import type { HostKeyPin, Session, Target } from '../../lib/transport/session.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { hostKey, type Keys } from './sshd.ts';

/** What both clients take alike. */
export interface ClientOptions {
  readonly home: string;
  readonly user: string;
  readonly configFile?: string;
  readonly knownHostsFiles?: readonly string[];
  readonly pinsOf?: JumpPins;
  readonly env?: NodeJS.ProcessEnv;
}

type Connect = (target: Target) => Promise<Session>;

/** The two ways over SSH: what holds for one holds for the other. */
export const clients: Readonly<Record<'ssh' | 'openssh', (options: ClientOptions) => Connect>> = {
  ssh: (options) => createSshTransport(options).connect,
  openssh: (options) => createOpensshTransport({ env: process.env, ...options }).connect,
};

/** What tests of either are made of. */
export function clientTools(keys: Keys, port: number) {
  const tools = {
    options: (more: Partial<ClientOptions> = {}): ClientOptions => ({
      home: keys.dir,
      user: 'root',
      configFile: '/dev/null',
      ...more,
    }),
    target: (more: Partial<Target> = {}): Target => ({
      name: 'ha1',
      connection: 'openssh',
      address: '127.0.0.1',
      port,
      user: 'root',
      privateKeyFile: keys.ed25519,
      ...more,
    }),
    /** Writes a file into the folder of the keys. */
    file(name: string, text: string) {
      writeFileSync(join(keys.dir, name), text);
      return join(keys.dir, name);
    },
    known: (name: string, text: string) => ({ knownHostsFiles: [tools.file(name, text)] }),
    fingerprint: (type: 'ed25519' | 'ecdsa' | 'rsa') => fingerprintOf(join(keys.dir, `host_${type}.pub`)),
    pin: (type: 'ed25519' | 'ecdsa' | 'rsa', place = 'hosts.yml:7'): HostKeyPin => {
      const [name, key = ''] = hostKey(keys, type).split(' ');
      return { type: name, key: key.replace(/=+$/, ''), fingerprint: tools.fingerprint(type), place };
    },
    async login<S extends Session>(t: Test, connect: (target: Target) => Promise<S>, to: Target): Promise<S> {
      const session = await connect(to);
      t.teardown(() => session.close());
      return session;
    },
    /** What a command writes. */
    text: async (session: Session, command: string, as = { become: false }) =>
      (await session.exec(command, as)).stdout.toString(),
    /** That a connection comes about. */
    async works(t: Test, connect: Connect, to: Target, message: string) {
      const session = await connect(to);
      t.equal(await tools.text(session, 'echo in'), 'in\n', message);
      await session.close();
    },
    /** The error of a connection that must not come about. */
    async refusal(connect: Connect, to: Target): Promise<DabookError> {
      const result = await connect(to).then(
        async (session) => session.close(),
        (error: unknown) => error,
      );
      if (!(result instanceof DabookError)) throw new Error(`no error: ${result}`);
      return result;
    },
  };
  return tools;
}

/** `SHA256:…` of a public key. */
export function fingerprintOf(file: string): string {
  return execFileSync('ssh-keygen', ['-lf', file]).toString().split(' ')[1] ?? '';
}
