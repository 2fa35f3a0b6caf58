import type { Secret } from '../secret.ts';
import type { HostKeyPin, Target } from './session.ts';
import type { SshConfig } from './ssh-config.ts';

/** What is set for all hosts, by the command line. */
export interface SshDefaults {
  /** Home directory of who runs this: `~`, default keys and known_hosts. */
  readonly home: string;
  /** Login name where neither the inventory nor the ssh configuration has one. */
  readonly user: string;
  /** `SSH_AUTH_SOCK`. */
  readonly agentSocket?: string | undefined;
  /** Instead of those of the ssh configuration. */
  readonly knownHostsFiles?: readonly string[] | undefined;
}

/** How one host is reached, all told. */
export interface SshSettings {
  /** As messages name it: `ha1 (da@10.0.0.1:22)`. */
  readonly shown: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password?: Secret | undefined;
  /** The key that the inventory names: it must be there. */
  readonly keyFile?: string | undefined;
  /** Keys that are tried where they are there. */
  readonly identityFiles: readonly string[];
  /** Of the agent's keys, only those in the files above. */
  readonly identitiesOnly: boolean;
  readonly agent?: string | undefined;
  readonly knownHostsFiles: readonly string[];
  /** `HostKeyAlias`. */
  readonly alias?: string | undefined;
  /** The host keys that the inventory pins. */
  readonly pins?: readonly HostKeyPin[] | undefined;
  /** `KnownHostsCommand`. */
  readonly knownHostsCommand?: string | undefined;
  /** `RevokedHostKeys`. */
  readonly revokedKeysFile?: string | undefined;
  /** Jump hosts, the first one first: `[user@]host[:port]`. */
  readonly jumps: readonly string[];
  /** `ProxyCommand`, as it is written. */
  readonly proxyCommand?: string | undefined;
  /** Milliseconds for the way to the host, name lookup to host key. */
  readonly timeout: number;
}

/** Puts inventory, ssh configuration and defaults together; the first that says something wins. */
export function sshSettings(target: Target, config: SshConfig, defaults: SshDefaults): SshSettings {
  const { home } = defaults;
  const one = (name: string) => {
    const value = config.get(name)?.[0];
    return value === 'none' ? undefined : value;
  };
  const user = target.user ?? one('user') ?? defaults.user;
  const address = one('hostname') ?? target.address;
  const port = target.port ?? Number(one('port') ?? 22);
  const login = `${user}@${address.includes(':') ? `[${address}]` : address}:${port}`;
  const shown = target.name === address ? login : `${target.name} (${login})`;
  const tokens: Record<string, string> = {
    d: home,
    h: address,
    n: target.address,
    p: `${port}`,
    r: user,
    u: defaults.user,
    '%': '%',
  };
  const filled = (text: string) => text.replace(/%(.)/g, (all, token: string) => tokens[token] ?? all);
  const path = (text: string) => filled(text).replace(/^~(?=\/|$)/, home);
  // `ssh -G` separates file names by blanks, and does not quote those that have one.
  const files = (name: string) => (one(name)?.split(/ (?=[/~%])/) ?? []).map(path);
  const knownHosts = [...files('userknownhostsfile'), ...files('globalknownhostsfile')];
  const keyFile = target.privateKeyFile === undefined ? undefined : path(target.privateKeyFile);
  const alias = one('hostkeyalias');
  const revoked = one('revokedhostkeys');
  return {
    shown,
    address,
    port,
    user,
    password: target.password,
    keyFile,
    identityFiles: keyFile === undefined ? (config.get('identityfile') ?? defaultKeys).map(path) : [],
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentOf(config.get('identityagent')?.[0], defaults.agentSocket, path),
    knownHostsFiles:
      defaults.knownHostsFiles ?? (knownHosts.length > 0 ? knownHosts : defaultKnownHosts.map(path)),
    alias: alias && filled(alias),
    pins: target.hostKeys,
    knownHostsCommand: one('knownhostscommand'),
    revokedKeysFile: revoked && path(revoked),
    jumps: one('proxyjump')?.split(',') ?? [],
    proxyCommand: one('proxycommand'),
    timeout: (target.connectTimeout ?? Number(one('connecttimeout') ?? 10)) * 1000,
  };
}

const defaultKeys = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const defaultKnownHosts = [
  '~/.ssh/known_hosts',
  '~/.ssh/known_hosts2',
  '/etc/ssh/ssh_known_hosts',
  '/etc/ssh/ssh_known_hosts2',
];

function agentOf(
  configured: string | undefined,
  socket: string | undefined,
  path: (text: string) => string,
): string | undefined {
  if (configured === 'none') return undefined;
  // Set and empty it is as good as not set, as with ssh.
  return configured === undefined || configured === 'SSH_AUTH_SOCK' ? socket || undefined : path(configured);
}
