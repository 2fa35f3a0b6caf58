import { access } from 'node:fs/promises';
import { DabookError, messageOf } from '../errors.ts';
import { reveal } from '../secret.ts';
import { createSession, type MeteredSession } from './create-session.ts';
import { unpinned } from './judge-pinned.ts';
import type { JumpPins } from './jump-pins.ts';
import { opensshArgs } from './openssh-args.ts';
import { openOpensshChannel } from './openssh-channel.ts';
import { opensshFault } from './openssh-fault.ts';
import { makeOpensshFolder, type OpensshFolder } from './openssh-folder.ts';
import { type OpensshMaster, startOpensshMaster } from './openssh-master.ts';
import { type OpensshPins, pinnedAlgorithms } from './openssh-pins.ts';
import { createOpensshSaid } from './openssh-said.ts';
import { opensshWords, refuseLooseOptions } from './openssh-words.ts';
import { parseHop } from './parse-hop.ts';
import type { Target } from './session.ts';
import { createSshConfig } from './ssh-config.ts';
import { type SshDefaults, type SshSettings, sshSettings } from './ssh-settings.ts';
import type { Try } from './ssh-socket.ts';
import { startTries } from './start-tries.ts';
import { createStarts } from './starts.ts';

export interface OpensshOptions extends SshDefaults {
  /** Environment of the ssh program: where it finds an agent, Kerberos tickets, and itself. */
  readonly env: NodeJS.ProcessEnv;
  /** Instead of `~/.ssh/config` and the system's, as `ssh -F`. */
  readonly configFile?: string | undefined;
  /** The host keys that the inventory pins for a jump host. */
  readonly pinsOf?: JumpPins | undefined;
  /** Told of what the operator has to do, or what was left out. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Connections that are being made at once, in all; to one server, fewer are. Default 30. */
  readonly connectionStarts?: number | undefined;
  /** Bytes that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxOutput?: number | undefined;
}

/** Milliseconds; the login itself may be slow, by PAM, a directory, or the touch of a security key. */
const authTimeout = 30_000;
/** What is made for one host: the connection, and where its files are. */
interface Made {
  readonly master: OpensshMaster;
  readonly folder: OpensshFolder;
}

/**
 * Reaches hosts by the ssh program of this machine, and with all that it can: certificates, security keys, Kerberos,
 * ProxyCommand. One connection a host, which ends with this process however that one ends. A host key must be known, and
 * nothing is ever asked for on the terminal.
 * @example
 * const transport = createOpensshTransport({ home: homedir(), user: userInfo().username, env: process.env })
 * const session = await transport.connect(host.target)
 */
export function createOpensshTransport(options: OpensshOptions): {
  connect(target: Target): Promise<MeteredSession>;
} {
  const { env, pinsOf, maxOutput, connectionStarts = 30 } = options;
  const starts = createStarts(connectionStarts);
  const configs = new Map<string, ReturnType<typeof createSshConfig>>();

  const settingsOf = async (target: Target, configFile: string | undefined): Promise<SshSettings> => {
    const { name, address, user, port, sshOptions } = target;
    refuseLooseOptions(target);
    if (address === '' || address.startsWith('-')) {
      throw new DabookError('unreachable', `${name} has the address ${JSON.stringify(address)}`, {
        hint: 'see ansible_host in the inventory',
      });
    }
    const key = configFile ?? '';
    const configOf = configs.get(key) ?? createSshConfig({ ...options, configFile });
    configs.set(key, configOf);
    return sshSettings(target, await configOf(address, user, port, sshOptions), options);
  };

  /** The pins of all jump hosts on the way, by the names that they are connected to by. */
  const jumpsOf = async (
    hops: readonly string[],
    configFile: string | undefined,
    depth = 0,
  ): Promise<Map<string, OpensshPins>> => {
    const found = new Map<string, OpensshPins>();
    if (pinsOf === undefined || depth > 8) return found;
    for (const [index, text] of hops.entries()) {
      const hop = parseHop(text);
      const settings = await settingsOf(hop, configFile);
      const pins = pinsOf(hop) ?? pinsOf({ ...hop, address: settings.address, port: settings.port });
      if (pins) found.set(hop.address, { pins, shown: [], knownHostsCommand: settings.knownHostsCommand });
      // A jump host may have jump hosts of its own: they come before the first one.
      if (index > 0) continue;
      for (const [name, more] of await jumpsOf(settings.jumps, configFile, depth + 1)) found.set(name, more);
    }
    return found;
  };

  const attempt = async (
    target: Target,
    settings: SshSettings,
    left: number,
    before: { readonly types: readonly string[]; readonly shown: readonly string[] } = {
      types: [],
      shown: [],
    },
  ): Promise<Try<Made>> => {
    const { shown, pins, password } = settings;
    const { words, configFile = options.configFile } = opensshWords(target.sshOptions ?? []);
    const own = pins && { pins, shown: before.types, knownHostsCommand: settings.knownHostsCommand };
    const said = createOpensshSaid(() =>
      options.onWarning?.(`${shown}: ssh waits for the touch of a security key`),
    );
    const folder = await makeOpensshFolder({
      configFile,
      pins: own,
      jumps: await jumpsOf(settings.jumps, configFile),
      knownHostsFiles: settings.knownHostsFiles,
      hasPassword: password !== undefined,
    });
    const args = opensshArgs({ ...options, target, settings, folder, words, timeout: left });
    const timeout = left + authTimeout;
    const starting = startOpensshMaster({ folder, args, password, env, said, timeout });
    const master = await starting.catch(async (error: unknown) => {
      await folder.remove();
      throw error;
    });
    if ('close' in master) return { got: { master, folder } };
    const type = said.type ?? '';
    const others = own ? pinnedAlgorithms({ pins: own.pins, shown: [...before.types, type] }) : [];
    const isOther = said.lines.some((line) => /host key verification failed/i.test(line));
    if (pins && before.shown.length > 0 && type === '' && master.timedOut === undefined) {
      const [first = ''] = before.types;
      return { fault: unpinned(shown, pins, before.shown, first), passing: false };
    }
    if (isOther && type !== '' && others.length > 0) {
      const shown = [...before.shown, said.shown ?? ''];
      return attempt(target, settings, left, { types: [...before.types, type], shown });
    }
    return opensshFault({ settings, said, timedOut: master.timedOut, shownBefore: before.shown });
  };

  return {
    async connect(target) {
      const { configFile = options.configFile } = opensshWords(target.sshOptions ?? []);
      const settings = await settingsOf(target, configFile);
      await checkLogin(settings);
      const { shown, user, address, port, jumps, timeout } = settings;
      const destination = `${jumps.join(',')} ${address}:${port}`;
      const { master, folder } = await startTries(starts, destination, timeout, (left) =>
        attempt(target, settings, left),
      );
      const way = { master, socket: folder.socket, env, shown };
      return createSession({
        open: (command, output) => openOpensshChannel(way, command, output),
        place: { host: target.name, user, address: shown },
        becomePassword: target.becomePassword,
        maxOutput,
        disconnect: master.close,
      });
    },
  };

  /** What ssh would pass over in silence, or take for something else. */
  async function checkLogin({ shown, keyFile, password }: SshSettings): Promise<void> {
    if (password !== undefined && /[\r\n\0]/.test(reveal(password))) {
      throw new DabookError('unreachable', `the password of ${shown} has several lines: ssh takes one`);
    }
    if (keyFile === undefined) return;
    await access(keyFile).catch((cause: unknown) => {
      throw new DabookError(
        'unreachable',
        `the key ${keyFile} for ${shown} cannot be used: ${messageOf(cause)}`,
        { hint: 'see ansible_ssh_private_key_file in the inventory', cause },
      );
    });
  }
}
