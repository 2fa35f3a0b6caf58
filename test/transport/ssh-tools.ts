import type { Test } from 'tap';
import type { Target } from '../../lib/transport/session.ts';
import { createSshTransport, type SshOptions } from '../../lib/transport/ssh.ts';
import { clientTools } from './both-clients.ts';
import { hostKey, makeKeys, startSshd } from './sshd.ts';

/** Starts a real sshd that root may log in to, and makes what the tests of the SSH client need for it. */
export async function sshTools(t: Test) {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const tools = clientTools(keys, sshd.port);
  const known = tools.known('known_hosts', `[127.0.0.1]:${sshd.port} ${hostKey(keys, 'ed25519')}\n`);
  const options = (more: Partial<SshOptions> = {}): SshOptions => ({ ...tools.options(known), ...more });
  return {
    keys,
    sshd,
    options,
    target: (more: Partial<Target> = {}) => tools.target({ connection: 'ssh', ...more }),
    knownFile: tools.known,
    login: (t: Test, to: Target, from = options()) => tools.login(t, createSshTransport(from).connect, to),
    text: tools.text,
    refusal: (to: Target, from = options()) => tools.refusal(createSshTransport(from).connect, to),
  };
}
