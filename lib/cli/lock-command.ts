import { Command } from 'commander';
import { DabookError } from '../errors.ts';
import type { Io } from './io.ts';
import { addSecretOptions } from './secret-options.ts';
import type { LockFlags } from './show-locks.ts';
import { sourceOption } from './source-option.ts';

type Given = Partial<Pick<LockFlags, 'inventory'>> & Omit<LockFlags, 'inventory'>;

/** `dabook lock`: who holds the locks of hosts and of their swarms, and giving back what a run left. */
export function lockCommand(io: Io, done: (status: number) => void): Command {
  const lock = new Command('lock')
    .description('Show or release the locks that runs hold on hosts and swarms.')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const add = (name: 'status' | 'release', about: string, after: string) =>
    addSecretOptions(lock.command(name))
      .description(about)
      .usage('-i <source> [options]')
      .addOption(sourceOption())
      .option('-l, --limit <pattern>', 'only these hosts')
      .option('-u, --user <name>', 'user to log in as, where the inventory names none')
      .option('--private-key <file>', 'key to log in with, where the inventory names none')
      .option('-b, --become', 'ask as root, through sudo')
      .option('-k, --ask-pass', 'ask for the SSH password')
      .option('-K, --ask-become-pass', 'ask for the sudo password')
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', `\n${after}`)
      .action(async ({ inventory, ...flags }: Given) => {
        if (inventory === undefined) {
          const message = `the inventory (-i) must be given: dabook lock ${name} -i hosts.yml`;
          throw new DabookError('usage', message, { hint: `see: dabook lock ${name} --help` });
        }
        const { showLocks } = await import('./show-locks.ts');
        done(await showLocks(io, name, { ...flags, inventory }));
      });
  add(
    'status',
    'Show who holds the locks. Changes nothing.',
    `Exit status: 0 nothing is locked, 4 a host cannot be asked, 5 something is locked.`,
  );
  add(
    'release',
    'End what a run does on these hosts, and release its locks.',
    `For a run that cannot be ended where it was started: what it has under way on the hosts is ended by process
group. A run that crashed needs none of this, its locks pass by themselves: those of hosts at once, or half a
minute after its link was cut, that of a swarm after 40 s.`,
  );
  return lock;
}
