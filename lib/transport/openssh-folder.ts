import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpensshPins, pinFiles } from './openssh-pins.ts';

/** What a private folder for one connection is made of. */
export interface OpensshFolderOptions {
  /** Instead of the user's and the system's ssh configuration. */
  readonly configFile?: string | undefined;
  /** Pins of the host itself. */
  readonly pins?: OpensshPins | undefined;
  /** Pins of jump hosts, by the names that they are connected to by. */
  readonly jumps: ReadonlyMap<string, OpensshPins>;
  /** Files with keys that are revoked, among others: known_hosts. */
  readonly knownHostsFiles: readonly string[];
  readonly hasPassword: boolean;
}

/** A folder that nobody else can enter, for one connection of the ssh program. */
export interface OpensshFolder {
  readonly path: string;
  /** The control socket. */
  readonly socket: string;
  readonly config: string;
  /** The helper that gives ssh the password. */
  readonly askpass: string;
  /** Options for the host's own pins. */
  readonly pinOptions: readonly string[];
  /** Never rejects. */
  remove(): Promise<void>;
}

/** Bytes that the address of a socket may have on every system, and those that ssh adds to it for a while. */
const mostPath = 103 - 18;

/** Makes it. Whoever starts the connection removes it, or has it removed. */
export async function makeOpensshFolder(options: OpensshFolderOptions): Promise<OpensshFolder> {
  const { configFile, pins, jumps, knownHostsFiles, hasPassword } = options;
  const usual = tmpdir();
  const path = await mkdtemp(join(Buffer.byteLength(usual) + 16 > mostPath ? '/tmp' : usual, 'dabook-'));
  const remove = () => rm(path, { recursive: true, force: true }).catch(() => {});
  const file = (name: string) => join(path, name);
  try {
    const revoked = pins || jumps.size > 0 ? await revokedIn(knownHostsFiles) : '';
    const pinOptions = pins ? await pinFiles(file('known'), pins, revoked) : [];
    const blocks: string[] = [];
    for (const [index, [name, jump]] of [...jumps].entries()) {
      const lines = await pinFiles(file(`jump${index}`), jump, revoked);
      blocks.push(`Match originalhost ${name}`, ...lines.map((line) => `  ${line.replace('=', ' ')}`));
    }
    await writeFile(file('config'), configOf(blocks, await usualConfig(configFile)), { mode: 0o600 });
    if (hasPassword) {
      await writeFile(file('askpass'), askpass(path));
      await chmod(file('askpass'), 0o700);
    }
    return {
      path,
      socket: file('s'),
      config: file('config'),
      askpass: file('askpass'),
      pinOptions,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The configuration for the connection and for those to its jump hosts, which ssh makes by further programs: what
 * stands on the command line does not reach these. The first that says something wins.
 */
function configOf(blocks: readonly string[], usual: string): string {
  const lines = [
    ...blocks,
    'Match all',
    ...strictOptions.map((option) => option.replace('=', ' ')),
    'BatchMode yes',
    'ControlMaster no',
    'ControlPath none',
    'LogLevel INFO',
    usual,
  ];
  return `${lines.join('\n')}\n`;
}

/** What ssh would read; a file of the inventory's own as it is, since ssh asks less of its owner and mode. */
async function usualConfig(configFile: string | undefined): Promise<string> {
  if (configFile === undefined) return 'Include ~/.ssh/config\nInclude /etc/ssh/ssh_config';
  return configFile === 'none' ? '' : readFile(configFile, 'utf8');
}

/** Host keys are always checked, and nothing is learnt or forwarded. */
export const strictOptions: readonly string[] = [
  'StrictHostKeyChecking=yes',
  'NoHostAuthenticationForLocalhost=no',
  'VerifyHostKeyDNS=no',
  'UpdateHostKeys=no',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
];

/** Lines of known_hosts files that revoke a key: these count for hosts with pins, too. */
async function revokedIn(files: readonly string[]): Promise<string> {
  const texts = await Promise.all(files.map((name) => readFile(name, 'utf8').catch(() => '')));
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => /^\s*@revoked\s/.test(line));
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * What ssh asks for the password. It comes through a pipe with a name, which is there once: a second question means that
 * it was refused, and ends ssh, since accounts get locked. A jump host's ssh that asks gets nothing, nor does a question for
 * anything else.
 */
function askpass(path: string): string {
  return `#!/bin/sh
cd '${path.replaceAll("'", "'\\''")}' || exit 1
read -r master <pid && [ "$PPID" = "$master" ] || exit 1
case $1 in *assphrase* | *PIN*) exit 1 ;; *assword*) ;; *) exit 1 ;; esac
[ -p word ] || { echo 'Permission denied (the password)' >&2; kill "$PPID"; exit 1; }
IFS= read -r word <word
rm -f word
printf '%s\\n' "$word"
`;
}
