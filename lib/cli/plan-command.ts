import { Command } from 'commander';
import type { GivenFlags } from './given-flags.ts';
import type { Io } from './io.ts';
import { missing } from './missing.ts';
import { addInputOptions, addViewOptions } from './run-options.ts';

/** `dabook plan`: what a run would do, to be read, kept and then done. */
export function planCommand(io: Io, done: (status: number) => void): Command {
  const plan = new Command('plan')
    .description(
      'Show what a run would change, hosts of which the same is said together; keep it to be applied.',
    )
    .usage('<playbook> -i <source> [options]')
    .argument('[playbook]', 'as for dabook run')
    .option(
      '-o, --out <file>',
      'keep the plan in this file, for this user alone: dabook apply does it; an older plan there is replaced',
    )
    .option('--strict', 'a task that observes nothing, and so always runs, fails')
    .option('--detailed-exitcode', 'exit status 6 where something would change')
    .option('--json', 'the plan as JSON, on one line; with what stands in its way, where it is not whole');
  return addViewOptions(addInputOptions(plan))
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
A kept plan says what was seen and what would be done; no secret is in it. It is sealed with a key of this user
($XDG_STATE_HOME/dabook/plan.key, or DABOOK_PLAN_KEY=<file>): one that was edited, or made with another key, by
another version of dabook, from another playbook or from other variables is refused.

Example:
  dabook plan ha.ts -i hosts.yml -o ha.plan
  dabook apply ha.plan`,
    )
    .action(async (playbook: string | undefined, given: GivenFlags & { readonly out?: string }) => {
      const { inventory, extraVars = [], verbose = 0, out, ...flags } = given;
      if (playbook === undefined || inventory === undefined) throw missing('plan', playbook, inventory);
      const { runPlaybook } = await import('./run-playbook.ts');
      const whole = {
        ...flags,
        inventory,
        extraVars,
        verbose,
        check: true,
        lock: false,
        plan: { out },
      } as const;
      done(await runPlaybook(io, playbook, whole));
    });
}
