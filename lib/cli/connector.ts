import { jumpPins } from '../transport/jump-pins.ts';
import type { Session, Target, Transport } from '../transport/session.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';
import { warn } from './warn.ts';

/**
 * Begins to load what reaches hosts, so that it is there once the input has turned out to be well. Nothing is
 * connected to, and what cannot be loaded is told when it is needed.
 */
export function prepareConnector(targets: readonly Target[]): void {
  const isUsed = (wanted: Target['connection']) => targets.some(({ connection }) => connection === wanted);
  if (isUsed('ssh')) import('../transport/ssh.ts').catch(() => undefined);
  if (isUsed('openssh')) import('../transport/openssh.ts').catch(() => undefined);
}

/**
 * What reaches the hosts of a run. A transport is loaded when the first host needs it.
 * @param targets all hosts of the inventory: jump hosts among them keep the keys that it pins for them
 */
export function connector(io: Io, targets: readonly Target[]): (target: Target) => Promise<Session> {
  const { name: user, home = '/' } = operator(io);
  const pinsOf = jumpPins(targets);
  const onWarning = (message: string) => warn(io, message);
  const loadSsh = async () => {
    const { createSshTransport } = await import('../transport/ssh.ts');
    return createSshTransport({ home, user, agentSocket: io.env.SSH_AUTH_SOCK, onWarning, pinsOf });
  };
  const loadOpenssh = async () => {
    const { createOpensshTransport } = await import('../transport/openssh.ts');
    return createOpensshTransport({
      home,
      user,
      agentSocket: io.env.SSH_AUTH_SOCK,
      env: io.env,
      onWarning,
      pinsOf,
    });
  };
  const loadLocal = async () => {
    const { createLocalTransport } = await import('../transport/local.ts');
    return createLocalTransport({ user });
  };

  const loads = { ssh: loadSsh, openssh: loadOpenssh, local: loadLocal };
  const loaded = new Map<Target['connection'], Promise<Transport>>();

  return async (target) => {
    const { connection } = target;
    const transport = loaded.get(connection) ?? loads[connection]();
    loaded.set(connection, transport);
    return (await transport).connect(target);
  };
}
