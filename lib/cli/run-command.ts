import { Command } from 'commander';
import { DabookError } from '../errors.ts';
import type { GivenFlags } from './given-flags.ts';
import type { Io } from './io.ts';
import { missing } from './missing.ts';
import { addDoingOptions, addInputOptions, addViewOptions } from './run-options.ts';

/** `dabook run`: a playbook against an inventory. */
export function runCommand(io: Io, done: (status: number) => void): Command {
  const run = new Command('run')
    .description('Run a playbook against an inventory.')
    .usage('<playbook> -i <source> [options]')
    .argument('[playbook]', 'a TypeScript (or JavaScript) file whose default export is a playbook')
    .option('-C, --check', 'show what would change; change nothing')
    .option('--strict', 'with --check: a task that observes nothing, and so always runs, fails')
    .option('--detailed-exitcode', 'with --check: exit status 6 where something would change');
  addViewOptions(addDoingOptions(addInputOptions(run)))
    .helpOption('-h, --help', 'print this help')
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

What cannot be undone, such as the last manager's leave of its swarm or the removal of a stack, is confirmed
before anything is touched: on a terminal by a word, elsewhere by --yes or by the playbook itself.

Where something is to be done by hand, a run asks on a terminal. Elsewhere it ends with exit status 3,
says what to do, and leaves answers.yml to fill in: dabook run ha.ts -i hosts.yml -e @answers.yml`,
    )
    .action(async (playbook: string | undefined, given: GivenFlags) => {
      const { inventory, extraVars = [], verbose = 0 } = given;
      if (playbook === undefined || inventory === undefined) throw missing('run', playbook, inventory);
      refuseWithoutCheck(given);
      // Loaded here: help and version start without the engine.
      const { runPlaybook } = await import('./run-playbook.ts');
      done(await runPlaybook(io, playbook, { ...given, inventory, extraVars, verbose }));
    });
  return run;
}

function refuseWithoutCheck({ check, strict, detailedExitcode }: GivenFlags): void {
  if (check) return;
  const option = strict ? '--strict' : detailedExitcode ? '--detailed-exitcode' : undefined;
  if (option === undefined) return;
  throw new DabookError('usage', `${option} says something of a check only`, {
    hint: 'give --check with it, or leave it out',
  });
}
