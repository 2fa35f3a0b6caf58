import { Command, InvalidArgumentError } from 'commander';
import { DabookError } from '../errors.ts';
import type { Io } from './io.ts';
import type { RunFlags } from './run-playbook.ts';
import { addSecretOptions } from './secret-options.ts';
import { collect, sourceOption } from './source-option.ts';

type Given = Partial<Pick<RunFlags, 'inventory' | 'extraVars' | 'verbose'>> &
  Omit<RunFlags, 'inventory' | 'extraVars' | 'verbose'>;

/** `dabook run`: a playbook against an inventory. */
export function runCommand(io: Io, done: (status: number) => void): Command {
  const run = new Command('run')
    .description('Run a playbook against an inventory.')
    .usage('<playbook> -i <source> [options]')
    .argument('[playbook]', 'a TypeScript (or JavaScript) file whose default export is a playbook')
    .addOption(sourceOption())
    .option('-C, --check', 'show what would change; change nothing')
    .option('-D, --diff', 'show every change in full')
    .option('-l, --limit <pattern>', 'change only these hosts; others are read at most')
    .option(
      '-e, --extra-vars <vars>',
      `variables: k=v, '{"k": 1}' or @file (YAML or JSON); may be given again`,
      collect,
    )
    .option('-f, --forks <n>', 'hosts served at once', positive, 50)
    .option('--timeout <s>', 'seconds that the whole run may take', seconds)
    .option('--step-timeout <s>', 'seconds that one step may take, unless it is detached', seconds, 3600)
    .option('--idle-timeout <s>', 'seconds that a step may be silent for', seconds)
    .option('--lock-timeout <s>', 'seconds to wait for another run that is at work on the hosts', seconds, 60)
    .option('--no-lock', 'lock no host: where nobody else can be at work')
    .option('-u, --user <name>', 'user to log in as, where the inventory names none')
    .option('--private-key <file>', 'key to log in with, where the inventory names none')
    .option('-b, --become', 'run commands as root, through sudo')
    .option('-K, --ask-become-pass', 'ask for the sudo password')
    .option('-v, --verbose', 'tell more: -v steps, -vv every command', (_value, before?: number) => {
      return (before ?? 0) + 1;
    })
    .option('--json', 'one event a line, as JSON')
    .option('--profile', 'at the end, a table of where the time went')
    .option('--profile-trace <file>', 'a trace of it, for the viewers of Chrome and Perfetto')
    .option('--no-color', 'no colours')
    .option('--no-type-check', 'do not check the types of the playbook first')
    .helpOption('-h, --help', 'print this help');
  return addSecretOptions(run)
    .addHelpText(
      'after',
      `
Examples:
  dabook run ha.ts -i hosts.yml --check --diff
  dabook run ha.ts -i hosts.yml -l 'web:!web3' -b -K -e '{"version": "1.2"}'
  dabook run ha.ts -i hosts.yml -l @failed

-l takes hosts from the last run of that playbook, too: @failed, @unreachable and @lost (a step of theirs was
begun and never confirmed). A run in check mode counts as the last one only where there is no other.

Values of the inventory and of -e @file may be !env NAME, !file PATH or !exec COMMAND, and files and values that
ansible-vault or age encrypted: each is read when the run needs it, and shown to nobody.

Where something is to be done by hand, a run asks on a terminal. Elsewhere it ends with exit status 3,
says what to do, and leaves answers.yml to fill in: dabook run ha.ts -i hosts.yml -e @answers.yml`,
    )
    .action(async (playbook: string | undefined, given: Given) => {
      const { inventory, extraVars = [], verbose = 0 } = given;
      if (playbook === undefined || inventory === undefined) throw missing(playbook, inventory);
      // Loaded here: help and version start without the engine.
      const { runPlaybook } = await import('./run-playbook.ts');
      done(await runPlaybook(io, playbook, { ...given, inventory, extraVars, verbose }));
    });
}

function missing(playbook: unknown, inventory: unknown): DabookError {
  const lacks = [
    ...(playbook === undefined ? ['the playbook'] : []),
    ...(inventory === undefined ? ['the inventory (-i)'] : []),
  ];
  return new DabookError('usage', `${lacks.join(' and ')} must be given: dabook run ha.ts -i hosts.yml`, {
    hint: 'see: dabook run --help',
  });
}

function seconds(value: string): number {
  const number = Number(value);
  // A timer of Node's takes no more than 24 days.
  if (value.trim() !== '' && number >= 0 && number <= 2_000_000) return number;
  throw new InvalidArgumentError('give a number of seconds, 2000000 at most.');
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('give a whole number from 1.');
}
