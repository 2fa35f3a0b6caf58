import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** Where and with what a benchmark ran. */
export interface MachineFacts {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  /** GB. */
  readonly memory: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  readonly dabook: string;
  readonly ansible: string;
  readonly mitogen: string;
  readonly ssh: string;
}

/** The facts of this machine, now. */
export function machineFacts(root: string): MachineFacts {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  const commit = said('git', ['-C', root, 'rev-parse', '--short', 'HEAD']);
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1e9),
    system: /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    kernel: release(),
    node: process.version,
    dabook: `${version}${commit === '' ? '' : ` (${commit})`}`,
    ansible: versionOf('ansible-core'),
    mitogen: versionOf('ansible-mitogen'),
    ssh: versionOf('openssh-client'),
  };
}

function versionOf(debianPackage: string): string {
  return said('dpkg-query', ['-W', '-f', '${Version}', debianPackage]) || 'not installed';
}

function said(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
