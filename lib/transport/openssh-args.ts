import { type OpensshFolder, strictOptions } from './openssh-folder.ts';
import type { Target } from './session.ts';
import type { SshSettings } from './ssh-settings.ts';

export interface OpensshArgsOptions {
  readonly target: Target;
  readonly settings: SshSettings;
  readonly folder: OpensshFolder;
  /** Options of the inventory that say how to get there. */
  readonly words: readonly string[];
  /** Instead of those of the ssh configuration. */
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** Milliseconds for the way to the host. */
  readonly timeout: number;
}

/** A host that stops answering is noticed within (3 + 1) * 3 = 12 s. */
const keepalive = ['ServerAliveInterval=3', 'ServerAliveCountMax=3'];
/** It runs nothing and forwards nothing by itself; at debug level 1 it tells which key the host showed. */
const manner = [
  ...['ControlMaster=yes', 'ControlPersist=no', 'LogLevel=DEBUG1', 'RemoteCommand=none', 'RequestTTY=no'],
  ...['ClearAllForwardings=yes', 'Tunnel=no', 'AddKeysToAgent=no'],
];

/**
 * The arguments of the ssh that connects. Of options that are given twice the first counts, but for `-S`, of which the
 * last does. What the inventory leaves open is left to the ssh configuration.
 */
export function opensshArgs(options: OpensshArgsOptions): readonly string[] {
  const { target, settings, folder, words, knownHostsFiles, timeout } = options;
  const { user, port, address } = target;
  const { keyFile, password, pins } = settings;
  const files = knownHostsFiles?.map((name) => `"${name}"`).join(' ');
  const given = [
    ...folder.pinOptions,
    ...(pins || files === undefined ? [] : [`UserKnownHostsFile=${files}`, 'GlobalKnownHostsFile=/dev/null']),
    ...strictOptions,
    ...manner,
    ...keepalive,
    `ConnectTimeout=${Math.max(1, Math.ceil(timeout / 1000))}`,
    ...(password ? ['BatchMode=no', 'NumberOfPasswordPrompts=1'] : ['BatchMode=yes']),
    ...(keyFile === undefined ? [] : ['IdentitiesOnly=yes']),
  ];
  return [
    ...['-N', '-T', '-F', folder.config],
    ...given.flatMap((one) => ['-o', one]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', `${port}`]),
    ...(keyFile === undefined ? [] : ['-i', keyFile.replaceAll('%', '%%')]),
    ...words,
    ...['-S', folder.socket.replaceAll('%', '%%'), '--', address],
  ];
}
