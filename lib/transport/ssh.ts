import { DabookError } from '../errors.ts';
import { createSession, type MeteredSession } from './create-session.ts';
import { type KeyedHost, nameOf, type ShownKey, standingOf } from './host-key.ts';
import type { JumpPins } from './jump-pins.ts';
import { type KnownHosts, readKnownHosts } from './known-hosts.ts';
import { refuseLooseOptions } from './openssh-words.ts';
import { parseHop } from './parse-hop.ts';
import { isRevokedBy } from './revoked-keys.ts';
import { scanHostKeys } from './scan-host-key.ts';
import type { Target } from './session.ts';
import { createSshConfig } from './ssh-config.ts';
import { connectSsh, keyedHost, type SshConnection } from './ssh-connection.ts';
import { createSshJumps } from './ssh-jumps.ts';
import { createKeyReader } from './ssh-key-file.ts';
import { type SshDefaults, type SshSettings, sshSettings } from './ssh-settings.ts';
import { createStarts } from './starts.ts';

export interface SshOptions extends SshDefaults {
  /** The host keys that the inventory pins for a jump host. */
  readonly pinsOf?: JumpPins | undefined;
  /** Instead of `~/.ssh/config` and the system's, as `ssh -F`. */
  readonly configFile?: string | undefined;
  /** Told of what was left out, such as an ssh configuration that cannot be read. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Connections that are being made at once, in all; to one server, fewer are. Default 30. */
  readonly connectionStarts?: number | undefined;
  /** Bytes that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxOutput?: number | undefined;
}

/** The keys that a host showed. */
export interface ShownHost {
  readonly host: KeyedHost;
  readonly keys: readonly ShownKey[];
  /** It is to show a certificate of an authority that known_hosts names, which ssh itself checks. */
  readonly isCertified: boolean;
  /** It is a jump host on the way to the one that was asked for. */
  readonly isJump: boolean;
}

function isHarmless({ state }: ShownKey): boolean {
  return state !== 'changed' && state !== 'revoked';
}

/** Whether `RevokedHostKeys` names a key. */
async function isListed({ shown, revokedKeysFile }: SshSettings, blob: Buffer): Promise<boolean> {
  return revokedKeysFile !== undefined && isRevokedBy(shown, revokedKeysFile, blob);
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
  /**
   * Asks a host for its keys. Where a jump host on the way is not known yet, it is that one that is asked: nobody
   * connects through what nobody trusts.
   * @throws DabookError `unreachable`
   */
  hostKeys(target: Target): Promise<ShownHost>;
} {
  const { connectionStarts = 30, maxOutput } = options;
  const starts = createStarts(connectionStarts);
  const readKey = createKeyReader();
  const configOf = createSshConfig(options);
  const knownHosts = new Map<string, Promise<KnownHosts>>();

  const settingsOf = async (target: Target): Promise<SshSettings> => {
    refuseLooseOptions(target);
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
    const settings = sshSettings(target, await configOf(address, user, port, sshOptions), options);
    if (settings.proxyCommand === undefined) return settings;
    throw new DabookError(
      'unreachable',
      `${settings.shown}: the ssh configuration has a ProxyCommand, which is not supported`,
      {
        hint:
          target.connection === 'openssh'
            ? 'its keys cannot be asked for through that one: add them to known_hosts, or pin them (hostKey)'
            : 'use ProxyJump instead, or have ssh itself connect: ansible_connection: openssh',
      },
    );
  };

  const hopSettings = (hop: string): Promise<SshSettings> => {
    const target = parseHop(hop);
    return settingsOf({ ...target, hostKeys: options.pinsOf?.(target) });
  };

  const knownIn = (files: readonly string[]): Promise<KnownHosts> => {
    const known = knownHosts.get(files.join('\n')) ?? readKnownHosts(files);
    knownHosts.set(files.join('\n'), known);
    return known;
  };

  const connect = async (settings: SshSettings, via: SshConnection | undefined): Promise<SshConnection> => {
    const known = await knownIn(settings.knownHostsFiles);
    return connectSsh(settings, { starts, readKey, known }, via);
  };

  const jumps = createSshJumps(async (hop, via) => connect(await hopSettings(hop), via));

  /** A jump host may have jump hosts of its own: they come before the first one. */
  const wholeWay = async (hops: readonly string[], depth = 0): Promise<readonly string[]> => {
    const [first] = hops;
    if (first === undefined) return [];
    if (depth > 8)
      throw new DabookError('unreachable', `the jump hosts lead in a circle: ${hops.join(', ')}`, {
        hint: 'see ProxyJump in the ssh configuration',
      });
    const { jumps } = await hopSettings(first);
    return [...(await wholeWay(jumps, depth + 1)), ...hops];
  };

  return {
    async hostKeys(target) {
      const settings = await settingsOf(target);
      const hops = await wholeWay(settings.jumps);
      for (const [index, hop] of [...hops, undefined].entries()) {
        const asked = hop === undefined ? settings : await hopSettings(hop);
        const known = await knownIn(asked.knownHostsFiles);
        const loan = await jumps.borrow(hops.slice(0, index));
        try {
          const host = keyedHost(asked);
          const blobs = await scanHostKeys(asked, loan?.connection);
          const listed = await Promise.all(blobs.map((blob) => isListed(asked, blob)));
          const keys = blobs.map((blob, index) => standingOf(host, blob, known, listed[index] === true));
          const isTrusted =
            keys.some(({ state }) => state === 'known' || state === 'pinned') && keys.every(isHarmless);
          if (hop !== undefined && isTrusted) continue;
          const isCertified =
            hop === undefined &&
            target.connection === 'openssh' &&
            known.keysOf(nameOf(host)).some(({ marker }) => marker === 'cert-authority');
          return { host, keys, isCertified, isJump: hop !== undefined };
        } finally {
          await loan?.release();
        }
      }
      throw new DabookError('bug', 'the host itself was not asked');
    },
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
