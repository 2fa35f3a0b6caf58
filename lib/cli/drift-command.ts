import { Command } from 'commander';
import type { GivenFlags } from './given-flags.ts';
import type { Io } from './io.ts';
import { missing } from './missing.ts';
import { addInputOptions, addViewOptions } from './run-options.ts';

type Given = GivenFlags & { readonly report?: string };

/** `dabook drift`: whether hosts are still as a playbook says. */
export function driftCommand(io: Io, done: (status: number) => void): Command {
  const drift = new Command('drift')
    .description('See whether the hosts are still as a playbook says, for a timer. Changes nothing.')
    .usage('<playbook> -i <source> [options]')
    .argument('[playbook]', 'as for dabook run')
    .option('--report <file>', 'what was found, as JSON, for this user alone; - for stdout');
  return addViewOptions(addInputOptions(drift))
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
Exit status: 0 all is as it should be, 6 a run would change something, 1 something would fail, 3 something is
to be done by hand, 4 hosts cannot be reached. What observes nothing, such as a command without a condition,
is in the report, and is no drift. No journal is kept.

Example:
  dabook drift ha.ts -i hosts.yml --report drift.json`,
    )
    .action(async (playbook: string | undefined, given: Given) => {
      const { inventory, extraVars = [], verbose = 0, report, ...flags } = given;
      if (playbook === undefined || inventory === undefined) throw missing('drift', playbook, inventory);
      const { runPlaybook } = await import('./run-playbook.ts');
      const of = report === undefined ? {} : { report };
      const whole = { ...flags, inventory, extraVars, verbose, check: true, lock: false, drift: of } as const;
      done(await runPlaybook(io, playbook, whole));
    });
}
