import { Command, CommanderError } from 'commander';
import { codeOf, DabookError, type ErrorCode } from '../errors.ts';
import { applyCommand } from './apply-command.ts';
import { driftCommand } from './drift-command.ts';
import { inventoryCommand } from './inventory-command.ts';
import { exitStatus, type Io } from './io.ts';
import { lockCommand } from './lock-command.ts';
import { planCommand } from './plan-command.ts';
import { runCommand } from './run-command.ts';
import { runsCommand } from './runs-command.ts';
import { secretCommand } from './secret-command.ts';
import { showError } from './show-error.ts';
import { trustCommand } from './trust-command.ts';
import { version } from './version.ts';
import { watchOutput } from './watch-output.ts';

/**
 * The command line: arguments to an exit status. Prints every error, and nothing else does.
 * @param io the process, or what stands for it in a test
 */
export async function main(io: Io): Promise<number> {
  const written = watchOutput(io);
  const status = await statusOf(io);
  const lost = await written();
  return lost && status === exitStatus.ok ? exitStatus.failed : status;
}

/** What an error that ended dabook before or outside of a run comes to, where that is not wrong input. */
const statuses: Partial<Record<ErrorCode, number>> = {
  interrupted: exitStatus.interrupted,
  unapproved: exitStatus.unapproved,
  unreachable: exitStatus.unreachable,
  deadline: exitStatus.failed,
  bug: exitStatus.failed,
};

async function statusOf(io: Io): Promise<number> {
  let status: number = exitStatus.ok;
  const done = (result: number) => {
    status = result;
  };
  try {
    await createProgram(io, done).parseAsync([...io.argv]);
    return status;
  } catch (error) {
    // Help and version end this way too; commander has printed what it says.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    io.stderr.write(showError(error));
    return statuses[codeOf(error)] ?? exitStatus.usage;
  }
}

function createProgram(io: Io, done: (status: number) => void): Command {
  const program = new Command('dabook')
    .description('Runs typed playbooks of idempotent tasks over SSH, in parallel across an inventory.')
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // So that -v after a command is the command's own.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  dabook run ha.ts -i hosts.yml --check    show what would change, change nothing
  dabook run ha.ts -i hosts.yml            do it
  dabook run ha.ts -i hosts.yml -l @failed   again, on the hosts where it failed
  dabook plan ha.ts -i hosts.yml -o ha.plan; dabook apply ha.plan
  dabook drift ha.ts -i hosts.yml          see whether all is still as it should be
  dabook runs show                         show what the last run did
  dabook inventory -i hosts.yml --graph    show groups and hosts

Exit status: 0 all well, 1 a task failed, 2 the input is wrong (nothing was connected to),
3 something is to be done by hand first, 4 only unreachable hosts, 5 another run is at work on the
hosts, 6 a check was to say so where something would change, 7 nobody has agreed to what would be done,
130 interrupted.`,
    );
  program.addCommand(runCommand(io, done));
  program.addCommand(planCommand(io, done));
  program.addCommand(applyCommand(io, done));
  program.addCommand(driftCommand(io, done));
  program.addCommand(runsCommand(io, done));
  program.addCommand(lockCommand(io, done));
  program.addCommand(trustCommand(io, done));
  program.addCommand(inventoryCommand(io, done));
  program.addCommand(secretCommand(io, done));
  program.addCommand(
    new Command('version').description('Print the version.').action(() => {
      io.stdout.write(`${version()}\n`);
    }),
  );
  configure(io, program, program.name());
  return program;
}

/** Has a command and those in it print as dabook does, and leave the end of the process to it. */
function configure(io: Io, command: Command, words: string): void {
  const see = `${words} --help`;
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: (text, write) => write(showUsage(text, see)),
  });
  for (const each of command.commands) configure(io, each, `${words} ${each.name()}`);
}

/** What commander says of wrong arguments, the way other errors are printed. */
function showUsage(text: string, see: string): string {
  const message = text.replace(/^error: /, '').trimEnd();
  return showError(new DabookError('usage', message, { hint: `see: ${see}` }));
}
