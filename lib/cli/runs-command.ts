import { Command } from 'commander';
import { exitStatus, type Io } from './io.ts';
import type { ShownAs } from './runs-screen.ts';

/** `dabook runs`: what the journals of earlier runs tell. */
export function runsCommand(io: Io, done: (status: number) => void): Command {
  return new Command('runs')
    .description('Show what earlier runs did, from their journals. Nothing is connected to.')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  dabook runs list                       what was run here, the latest at the end
  dabook runs show                       what the latest run did, host by host
  dabook runs diff 20261123-041500       what the latest run did otherwise than that one
  dabook run ha.ts -i hosts.yml -l @failed    again, where it failed

An id may be given by its beginning or its end. Journals are kept in .dabook/runs of the folder that dabook
is run in. DABOOK_RUNS=<folder> names another one, DABOOK_RUNS=off keeps none; DABOOK_KEEP_RUNS=<n> says how
many runs are kept (50).`,
    )
    .addCommand(
      new Command('list')
        .description('Print a table of the runs, the latest at the end.')
        .option('--json', 'one run a line, as JSON')
        .option('--no-color', 'no colours')
        .helpOption('-h, --help', 'print this help')
        .action(async (shown: ShownAs) => {
          const { showRuns } = await import('./runs-list.ts');
          await showRuns(io, shown);
          done(exitStatus.ok);
        }),
    )
    .addCommand(
      new Command('show')
        .description('Print what a run did on each host, and what it began and never confirmed.')
        .argument('[id]', 'a run, by its id, the beginning or the end of it, or "last"', 'last')
        .option('-v, --verbose', 'show tasks that found nothing to do, too')
        .option('--json', 'its journal, one line each, as JSON')
        .option('--no-color', 'no colours')
        .helpOption('-h, --help', 'print this help')
        .addHelpText('after', '\nExamples:\n  dabook runs show\n  dabook runs show 20261123-0415 -v')
        .action(async (id: string, shown: ShownAs & { readonly verbose?: true }) => {
          const { showOneRun } = await import('./runs-show.ts');
          await showOneRun(io, id, shown);
          done(exitStatus.ok);
        }),
    )
    .addCommand(
      new Command('diff')
        .description('Print what two runs did differently, by host and task.')
        .argument('<id>', 'the earlier run')
        .argument('[id]', 'the later one', 'last')
        .option('--no-color', 'no colours')
        .helpOption('-h, --help', 'print this help')
        .addHelpText('after', '\nExamples:\n  dabook runs diff 20261123-0415\n  dabook runs diff k3f9 x8q1')
        .action(async (before: string, after: string, shown: ShownAs) => {
          const { showDifference } = await import('./runs-diff.ts');
          await showDifference(io, before, after, shown);
          done(exitStatus.ok);
        }),
    );
}
