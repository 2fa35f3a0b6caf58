import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { DabookError } from '../../lib/errors.ts';
import type { Session, Target } from '../../lib/transport/session.ts';
import { createSshTransport, type SshOptions } from '../../lib/transport/ssh.ts';
import { hostKey, makeKeys, startSshd } from './sshd.ts';

/** Starts a real sshd that root may log in to, and makes what the tests of the SSH client need for it. */
export async function sshTools(t: Test) {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const knownFile = (name: string, lines: string) => {
    const file = join(keys.dir, name);
    writeFileSync(file, lines);
    return { knownHostsFiles: [file] };
  };
  const known = knownFile('known_hosts', `[127.0.0.1]:${sshd.port} ${hostKey(keys, 'ed25519')}\n`);

  const options = (more: Partial<SshOptions> = {}): SshOptions => ({
    home: keys.dir,
    user: 'root',
    configFile: '/dev/null',
    ...known,
    ...more,
  });
  const target = (more: Partial<Target> = {}): Target => ({
    name: 'ha1',
    connection: 'ssh',
    address: '127.0.0.1',
    port: sshd.port,
    user: 'root',
    privateKeyFile: keys.ed25519,
    ...more,
  });
  return {
    keys,
    sshd,
    options,
    target,
    knownFile,
    async login(t: Test, to: Target, from: SshOptions = options()) {
      const session = await createSshTransport(from).connect(to);
      t.teardown(() => session.close());
      return session;
    },
    /** What a command writes. */
    text: async (session: Session, command: string, as = { become: false }): Promise<string> =>
      (await session.exec(command, as)).stdout.toString(),
    /** The error of a connection that must not come about. */
    async refusal(to: Target, from: SshOptions = options()): Promise<DabookError> {
      const result = await createSshTransport(from)
        .connect(to)
        .then(
          async (session) => session.close(),
          (error: unknown) => error,
        );
      if (!(result instanceof DabookError)) throw new Error(`no error: ${result}`);
      return result;
    },
  };
}
