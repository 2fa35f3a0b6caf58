import { Secret } from '../secret.ts';
import type { Target } from '../transport/session.ts';
import type { DraftHost } from './draft.ts';
import type { Findings } from './findings.ts';
import type { LayeredVars } from './layer-vars.ts';
import { createSettings, isOneWord, isSettingName } from './settings.ts';

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
  ['local', 'local'],
  ['smart', 'ssh'],
  ['paramiko', 'ssh'],
  ['paramiko_ssh', 'ssh'],
] as const);
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(NAMES).flat());

const SSH_OPTIONS: readonly string[] = [...NAMES.sshArgs, ...NAMES.sshCommonArgs, ...NAMES.sshExtraArgs];

/** They change how Ansible reaches a host, and nothing of it is done here. */
const NOT_HONOURED =
  /^ansible_(ssh_(executable|pkcs11_provider|private_key)|(sftp|scp)_extra_args|paramiko_.+|(become|sudo)_(exe|flags)|shell_(type|executable)|(ssh_)?host_key_checking)$/;

/** Whether a variable says how to reach its host. */
export function isConnectionVar(name: string): boolean {
  return UNDERSTOOD.has(name);
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
  warnOfIgnored(vars, findings);
  const settings = createSettings(vars, findings);

  function password(names: readonly string[], fallback: Secret | undefined): Secret | undefined {
    const found = settings.value(names);
    const value = found === undefined ? undefined : vars.values[found.name];
    return value instanceof Secret ? value : fallback;
  }

  settings.oneOf(NAMES.becomeUser, new Map([['root', true]]));
  settings.oneOf(NAMES.becomeMethod, new Map([['sudo', true]]));
  const connection = settings.oneOf(NAMES.connection, CONNECTIONS) ?? 'ssh';
  const given = settings.value(NAMES.host);
  if (given === undefined && connection === 'ssh' && !isOneWord(host.name)) {
    findings.fault(
      `the host "${host.name}" has no address: its name is not one word`,
      host.place,
      `give it one:\n${host.name}:\n  ansible_host: 192.0.2.1`,
    );
  }
  return {
    become: settings.flag(NAMES.become) ?? defaults.become ?? false,
    target: {
      name: host.name,
      connection,
      address: settings.word(NAMES.host) ?? host.name,
      port: settings.wholeNumber(NAMES.port, 65_535),
      user: settings.word(NAMES.user) ?? defaults.user,
      privateKeyFile: settings.value(NAMES.key)?.text ?? defaults.privateKeyFile,
      password: password(NAMES.password, passwords.password),
      becomePassword: password(NAMES.becomePassword, passwords.becomePassword),
      sshOptions: [NAMES.sshArgs, NAMES.sshCommonArgs, NAMES.sshExtraArgs].flatMap(settings.words),
      connectTimeout: settings.wholeNumber(NAMES.timeout, 86_400),
    },
  };
}

function warnOfIgnored(vars: LayeredVars, findings: Findings): void {
  const given = Object.keys(vars.values).filter(isSettingName);
  for (const name of SSH_OPTIONS.filter((option) => given.includes(option))) {
    if (!/StrictHostKeyChecking[= ](no|off|accept-new)/i.test(String(vars.values[name] ?? ''))) continue;
    findings.warn(`${name}: host keys are checked all the same`, vars.entry(name)?.tree.place);
  }
  for (const name of given) {
    if (UNDERSTOOD.has(name) || !NOT_HONOURED.test(name)) continue;
    if (vars.values[name] === '' || vars.values[name] === null) continue;
    findings.warn(`${name} has no effect here`, vars.entry(name)?.tree.place);
  }
}
