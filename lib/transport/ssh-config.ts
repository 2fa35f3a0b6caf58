import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DabookError, messageOf } from '../errors.ts';

/** What the ssh configuration says of a host, each value as `ssh -G` prints it. */
export type SshConfig = ReadonlyMap<string, readonly string[]>;

export interface SshConfigOptions {
  readonly home: string;
  /** Instead of `~/.ssh/config` and the system's, as `ssh -F`. */
  readonly configFile?: string | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

type Ask = (
  host: string,
  user?: string,
  port?: number,
  /** Further arguments of the ssh program. */
  sshOptions?: readonly string[],
) => Promise<SshConfig>;

/** The settings of ssh_config(5) that are honoured, and those that lead to them. */
const honoured =
  /^\s*(include|match|hostname|user|port|identityfile|identitiesonly|identityagent|proxyjump|proxycommand|userknownhostsfile|globalknownhostsfile|hostkeyalias|connecttimeout|canonicalize\w+)[\s=]/im;

/**
 * Makes the function that looks a host up in the ssh configuration. The ssh program itself is asked (about
 * 5 ms a host), so that Include, Match and tokens mean what they mean to ssh; it is not, where no file has a
 * setting that matters.
 */
export function createSshConfig(options: SshConfigOptions): Ask {
  const { home, configFile, onWarning } = options;
  let relevant: Promise<boolean> | undefined;
  let warned = false;

  const ask: Ask = async (host, user, port, sshOptions = []) => {
    relevant ??= isRelevant(home);
    if (configFile === undefined && sshOptions.length === 0 && !(await relevant)) return new Map();
    const file = configFile === undefined ? [] : ['-F', configFile];
    const of = [
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', `${port}`]),
    ];
    try {
      const { stdout } = await promisify(execFile)('ssh', ['-G', ...file, ...of, ...sshOptions, '--', host]);
      return parse(stdout);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        if (!warned) onWarning?.('the ssh program is not installed here: the ssh configuration is not read');
        warned = true;
        return new Map();
      }
      const said =
        error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : messageOf(error);
      throw new DabookError('unreachable', `the ssh configuration cannot be read for ${host}: ${said}`, {
        hint: `try it: ${['ssh', '-G', ...file, ...sshOptions, host].join(' ')}`,
      });
    }
  };

  // A jump host is looked up once for each host behind it.
  const answers = new Map<string, Promise<SshConfig>>();
  return (...question) => {
    const key = JSON.stringify(question);
    const answer = answers.get(key) ?? ask(...question);
    answers.set(key, answer);
    return answer;
  };
}

/** The system's file is there on every machine, and mostly says nothing that matters here. */
async function isRelevant(home: string): Promise<boolean> {
  const folder = '/etc/ssh/ssh_config.d';
  const dropIns = await readdir(folder).catch(() => []);
  const files = [
    join(home, '.ssh/config'),
    '/etc/ssh/ssh_config',
    ...dropIns.map((name) => join(folder, name)),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.some((text) => honoured.test(text.replace(`Include ${folder}/*.conf`, '')));
}

function parse(text: string): SshConfig {
  const settings = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    const name = line.slice(0, at);
    if (at > 0) settings.set(name, [...(settings.get(name) ?? []), line.slice(at + 1)]);
  }
  return settings;
}
