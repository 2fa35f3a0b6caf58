import type { Secret } from '../secret.ts';
import { show } from '../show.ts';
import type { Target } from '../transport/session.ts';
import type { DraftHost } from './draft.ts';
import type { Findings } from './findings.ts';
import { hostKeyVar, readHostKeys } from './host-keys.ts';
import type { LayeredVars } from './layer-vars.ts';
import {
  flagOf,
  isOneWord,
  oneOf,
  secretOf,
  settingOf,
  settingsOf,
  wholeNumberOf,
  wordOf,
  wordsOf,
} from './settings.ts';

/** What the command line says, for hosts of which the inventory does not say it. */
export interface ConnectionDefaults {
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly become?: boolean | undefined;
}

/** For hosts that have none of their own. */
export interface Passwords {
  readonly password?: Secret | undefined;
  readonly becomePassword?: Secret | undefined;
}

export interface Connection {
  readonly target: Target;
  readonly become: boolean;
}

const NAMES = {
  connection: ['ansible_connection'],
  host: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  password: ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password'],
  key: ['ansible_private_key_file', 'ansible_ssh_private_key_file'],
  timeout: ['ansible_timeout', 'ansible_ssh_timeout'],
  sshArgs: ['ansible_ssh_args'],
  sshCommonArgs: ['ansible_ssh_common_args'],
  sshExtraArgs: ['ansible_ssh_extra_args'],
  become: ['ansible_become'],
  becomeUser: ['ansible_become_user', 'ansible_sudo_user'],
  becomeMethod: ['ansible_become_method'],
  becomePassword: ['ansible_become_password', 'ansible_become_pass', 'ansible_sudo_pass'],
} as const;

const CONNECTIONS = new Map([
  ['ssh', 'ssh'],
  ['openssh', 'openssh'],
  ['local', 'local'],
  ['smart', 'ssh'],
  ['paramiko', 'ssh'],
  ['paramiko_ssh', 'ssh'],
] as const);
const UNDERSTOOD: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(NAMES).flatMap((names: readonly string[]) => names.map((name) => [name, names])),
);

const SSH_OPTIONS: readonly (readonly string[])[] = [NAMES.sshArgs, NAMES.sshCommonArgs, NAMES.sshExtraArgs];
const BECOME_USERS = new Map([['root', true]]);
const BECOME_METHODS = new Map([['sudo', true]]);

/** They change how Ansible reaches a host, and nothing of it is done here. */
const NOT_HONOURED =
  /^ansible_(ssh_(executable|pkcs11_provider|private_key)|(sftp|scp)_extra_args|paramiko_.+|(become|sudo)_(exe|flags)|shell_(type|executable)|(ssh_)?host_key_checking)$/;

/** Whether a variable says how to reach its host. */
export function isConnectionVar(name: string): boolean {
  return UNDERSTOOD.has(name) || name === hostKeyVar;
}

/**
 * How to reach a host. The inventory wins over the command line, as with Ansible.
 * @param vars its variables, passwords made secrets
 */
export function readConnection(
  host: DraftHost,
  vars: LayeredVars,
  defaults: ConnectionDefaults,
  passwords: Passwords,
  findings: Findings,
): Connection {
  const names = Object.keys(vars.values).filter((name) => name.startsWith('ansible_'));
  warnOfIgnored(vars, names, findings);
  const settings = settingsOf(vars, names, UNDERSTOOD, findings);
  oneOf(settings, NAMES.becomeUser, BECOME_USERS);
  oneOf(settings, NAMES.becomeMethod, BECOME_METHODS);
  const connection = oneOf(settings, NAMES.connection, CONNECTIONS) ?? 'ssh';
  const given = settingOf(settings, NAMES.host);
  if (given === undefined && connection !== 'local' && !isOneWord(host.name)) {
    findings.fault(
      `the host "${host.name}" has no address: its name is not one word`,
      host.place,
      `give it one:\n${host.name}:\n  ansible_host: 192.0.2.1`,
    );
  }
  return {
    become: flagOf(settings, NAMES.become) ?? defaults.become ?? false,
    target: {
      name: host.name,
      connection,
      address: wordOf(settings, NAMES.host) ?? host.name,
      port: wholeNumberOf(settings, NAMES.port, 65_535),
      user: wordOf(settings, NAMES.user) ?? defaults.user,
      privateKeyFile: settingOf(settings, NAMES.key)?.text ?? defaults.privateKeyFile,
      hostKeys: readHostKeys(vars, findings),
      password: secretOf(settings, NAMES.password) ?? passwords.password,
      becomePassword: secretOf(settings, NAMES.becomePassword) ?? passwords.becomePassword,
      sshOptions: SSH_OPTIONS.flatMap((names) => wordsOf(settings, names)),
      connectTimeout: wholeNumberOf(settings, NAMES.timeout, 86_400),
    },
  };
}

function warnOfIgnored(vars: LayeredVars, names: readonly string[], findings: Findings): void {
  for (const name of names) {
    const same = UNDERSTOOD.get(name);
    const isIgnored = same === undefined ? NOT_HONOURED.test(name) : SSH_OPTIONS.includes(same);
    if (!isIgnored) continue;
    const value = vars.values[name];
    const place = vars.entry(name)?.tree.place;
    if (same === undefined) {
      if (value !== '' && value !== null) findings.warn(`${name} has no effect here`, place);
    } else if (/StrictHostKeyChecking[= ](no|off|accept-new)/i.test(show(value))) {
      findings.warn(`${name}: host keys are checked all the same`, place);
    }
  }
}
