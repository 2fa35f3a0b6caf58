import { Command } from 'commander';
import { DabookError } from '../errors.ts';
import type { ApplyFlags } from './apply-plan.ts';
import type { Io } from './io.ts';
import { addDoingOptions, addPaceOptions, addViewOptions } from './run-options.ts';
import { addSecretOptions } from './secret-options.ts';

type Given = Omit<ApplyFlags, 'verbose'> & Partial<Pick<ApplyFlags, 'verbose'>>;

/** `dabook apply`: what a kept plan says, and nothing else. */
export function applyCommand(io: Io, done: (status: number) => void): Command {
  const apply = new Command('apply')
    .description('Do what a kept plan says, or nothing: where something has moved since, say what.')
    .usage('<plan> [options]')
    .argument('[plan]', 'a file that dabook plan -o made; it is applied from the same folder');
  return addViewOptions(addDoingOptions(addSecretOptions(addPaceOptions(apply))))
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
The playbook, the inventory, the variables, --limit and the like are those of the plan. It is checked first that the
same would be done as when it was made; then each task is held against it before its first step. What moved
in between, or would fail now, ends the run there: exit status 7, or 4 where it is only that hosts cannot be reached.

No password is in a plan: where it was made with -k or -K they are asked for again. What opens encrypted files and
values (--ask-vault-pass, --identity and the like) is given again.

Example:
  dabook apply ha.plan --yes`,
    )
    .action(async (file: string | undefined, { verbose = 0, ...given }: Given) => {
      if (file === undefined) {
        throw new DabookError('usage', 'the plan must be given: dabook apply ha.plan', {
          hint: 'see: dabook apply --help',
        });
      }
      const { applyPlan } = await import('./apply-plan.ts');
      done(await applyPlan(io, file, { ...given, verbose }));
    });
}
