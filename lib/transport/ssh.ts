import { DabookError } from '../errors.ts';
import { createSession, type MeteredSession } from './create-session.ts';
import { type KnownHosts, readKnownHosts } from './known-hosts.ts';
import { parseHop } from './parse-hop.ts';
import type { Target } from './session.ts';
import { createSshConfig } from './ssh-config.ts';
import { connectSsh, type SshConnection } from './ssh-connection.ts';
import { createSshJumps } from './ssh-jumps.ts';
import { createKeyReader } from './ssh-key-file.ts';
import { type SshDefaults, type SshSettings, sshSettings } from './ssh-settings.ts';
import { createStarts } from './starts.ts';

export interface SshOptions extends SshDefaults {
  /** Instead of `~/.ssh/config` and the system's, as `ssh -F`. */
  readonly configFile?: string | undefined;
  /** Told of what was left out, such as an ssh configuration that cannot be read. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Connections that are being made at once, in all; to one server, fewer are. Default 30. */
  readonly connectionStarts?: number | undefined;
  /** Bytes that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxOutput?: number | undefined;
}

/**
 * Reaches hosts over SSH: one connection a host, through jump hosts where the ssh configuration says so. A
 * host key must be known, and nothing is ever asked for on the terminal.
 * @example
 * const transport = createSshTransport({ home: homedir(), user: userInfo().username, agentSocket: env.SSH_AUTH_SOCK })
 * const session = await transport.connect(host.target)
 */
export function createSshTransport(options: SshOptions): {
  connect(target: Target): Promise<MeteredSession>;
} {
  const { connectionStarts = 30, maxOutput } = options;
  const starts = createStarts(connectionStarts);
  const readKey = createKeyReader();
  const configOf = createSshConfig(options);
  const knownHosts = new Map<string, Promise<KnownHosts>>();

  const settingsOf = async (target: Target): Promise<SshSettings> => {
    if (target.address === '' || target.address.startsWith('-')) {
      throw new DabookError(
        'unreachable',
        `${target.name} has the address ${JSON.stringify(target.address)}`,
        {
          hint: 'see ansible_host in the inventory',
        },
      );
    }
    const { address, user, port, sshOptions } = target;
    return sshSettings(target, await configOf(address, user, port, sshOptions), options);
  };

  const connect = async (settings: SshSettings, via: SshConnection | undefined): Promise<SshConnection> => {
    const files = settings.knownHostsFiles;
    const known = knownHosts.get(files.join('\n')) ?? readKnownHosts(files);
    knownHosts.set(files.join('\n'), known);
    return connectSsh(settings, { starts, readKey, known: await known }, via);
  };

  const jumps = createSshJumps(async (hop, via) => connect(await settingsOf(parseHop(hop)), via));

  /** A jump host may have jump hosts of its own: they come before the first one. */
  const wholeWay = async (hops: readonly string[], depth = 0): Promise<readonly string[]> => {
    const [first] = hops;
    if (first === undefined) return [];
    if (depth > 8)
      throw new DabookError('unreachable', `the jump hosts lead in a circle: ${hops.join(', ')}`, {
        hint: 'see ProxyJump in the ssh configuration',
      });
    const { jumps } = await settingsOf(parseHop(first));
    return [...(await wholeWay(jumps, depth + 1)), ...hops];
  };

  return {
    async connect(target) {
      const settings = await settingsOf(target);
      const { shown, user } = settings;
      const loan = await jumps.borrow(await wholeWay(settings.jumps));
      const connection = await connect(settings, loan?.connection).catch(async (error: unknown) => {
        await loan?.release();
        throw error;
      });
      return createSession({
        open: connection.open,
        place: { host: target.name, user, address: shown },
        becomePassword: target.becomePassword,
        maxOutput,
        async disconnect() {
          await connection.close();
          await loan?.release();
        },
      });
    },
  };
}
