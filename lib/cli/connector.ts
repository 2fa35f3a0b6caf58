import { userInfo } from 'node:os';
import type { Session, Target, Transport } from '../transport/session.ts';
import { homeOf } from './inventory-options.ts';
import type { Io } from './io.ts';

/** What reaches the hosts of a run. A transport is loaded when the first host needs it. */
export function connector(io: Io): (target: Target) => Promise<Session> {
  const user = userInfo().username;
  const onWarning = (message: string) => io.stderr.write(`dabook: warning: ${message}\n`);
  let ssh: Promise<Transport> | undefined;
  let local: Promise<Transport> | undefined;

  const loadSsh = async () => {
    const { createSshTransport } = await import('../transport/ssh.ts');
    return createSshTransport({ home: homeOf(io), user, agentSocket: io.env.SSH_AUTH_SOCK, onWarning });
  };
  const loadLocal = async () => {
    const { createLocalTransport } = await import('../transport/local.ts');
    return createLocalTransport({ user });
  };

  return async (target) => {
    ssh ??= target.connection === 'ssh' ? loadSsh() : undefined;
    local ??= target.connection === 'local' ? loadLocal() : undefined;
    const transport = await (target.connection === 'ssh' ? ssh : local);
    if (!transport) throw new Error(`no transport for ${target.connection}`);
    return transport.connect(target);
  };
}
