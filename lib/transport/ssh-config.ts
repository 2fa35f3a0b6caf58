import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import PQueue from 'p-queue';
import { DabookError, messageOf } from '../errors.ts';
import { likenessOf } from './ssh-config-likeness.ts';

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

/** The settings of ssh_config(5) that are honoured. */
const settings =
  'hostname user port identityfile identitiesonly identityagent proxyjump proxycommand userknownhostsfile globalknownhostsfile hostkeyalias revokedhostkeys knownhostscommand connecttimeout'.split(
    ' ',
  );
/** They, and those that lead to them. */
const honoured = new RegExp(`^\\s*(include|match|canonicalize\\w+|${settings.join('|')})[\\s=]`, 'im');

/**
 * Makes the function that looks a host up in the ssh configuration. The ssh program itself is asked, so that
 * Include, Match and tokens mean what they mean to ssh. That takes more of this machine than a login does: it is
 * asked once for all hosts of which the files say the same, and never where they say nothing that matters.
 */
export function createSshConfig(options: SshConfigOptions): Ask {
  const { home, configFile, onWarning } = options;
  const processes = new PQueue({ concurrency: 4 });
  let warned = false;

  const files =
    configFile === undefined ? usualFiles(home) : readFile(configFile, 'utf8').then((text) => [text]);
  // What cannot be read is for ssh to complain about.
  const texts = files.catch(() => undefined);
  const isRelevant = texts.then((all) => all?.some((text) => honoured.test(text)) ?? true);
  const likeness = texts.then((all) => (all ? likenessOf(all) : () => undefined));

  const ask: Ask = async (host, user, port, sshOptions = []) => {
    const file = configFile === undefined ? [] : ['-F', configFile];
    const of = [
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', `${port}`]),
    ];
    try {
      const args = ['-G', ...file, ...of, ...sshOptions, '--', host];
      const { stdout } = await processes.add(() => promisify(execFile)('ssh', args));
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
  const once = (key: string, ...question: Parameters<Ask>) => {
    const answer = answers.get(key) ?? ask(...question);
    answers.set(key, answer);
    return answer;
  };
  const samples = new Map<string, string>();
  return async (host, user, port, sshOptions = []) => {
    if (sshOptions.length === 0 && !(await isRelevant)) return new Map();
    const like = (await likeness)(host, sshOptions);
    if (like !== undefined) {
      // User and port of the inventory come before the configuration's anyway.
      const sample = samples.get(like) ?? host;
      samples.set(like, sample);
      const shared = await once(like, sample, undefined, undefined, sshOptions).catch(() => undefined);
      if (shared?.get('hostname')?.[0] === sample)
        return new Map([...shared].filter(([name]) => name !== 'hostname'));
    }
    return once(JSON.stringify([host, user, port, sshOptions]), host, user, port, sshOptions);
  };
}

/** The system's file is there on every machine, and mostly says nothing that matters here. */
async function usualFiles(home: string): Promise<readonly string[]> {
  const folder = '/etc/ssh/ssh_config.d';
  const dropIns = await readdir(folder).catch(() => []);
  const own = join(home, '.ssh/config');
  const files = [own, '/etc/ssh/ssh_config', ...dropIns.map((name) => join(folder, name))];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.map((text) => text.replace(`Include ${folder}/*.conf`, ''));
}

function parse(text: string): SshConfig {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' ');
    const name = line.slice(0, at);
    if (settings.includes(name)) values.set(name, [...(values.get(name) ?? []), line.slice(at + 1)]);
  }
  return values;
}
