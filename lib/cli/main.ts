import { Command, CommanderError } from 'commander';
import { inventoryCommand } from './inventory-command.ts';
import { exitStatus, type Io } from './io.ts';
import { runCommand } from './run-command.ts';
import { showError } from './show-error.ts';
import { version } from './version.ts';

/**
 * The command line: arguments to an exit status. Prints every error, and nothing else does.
 * @param io the process, or what stands for it in a test
 */
export async function main(io: Io): Promise<number> {
  // Whoever reads our output may stop reading it; the run goes on.
  io.stdout.on('error', () => {});
  let status: number = exitStatus.ok;
  const done = (result: number) => {
    status = result;
  };
  const program = new Command('dabook')
    .description('Runs typed playbooks of idempotent tasks over SSH, in parallel across an inventory.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .addHelpText(
      'after',
      `
Examples:
  dabook run ha.ts -i hosts.yml --check    show what would change, change nothing
  dabook run ha.ts -i hosts.yml            do it
  dabook inventory -i hosts.yml --graph    show groups and hosts

Exit status: 0 all well, 1 a task failed, 2 the input is wrong (nothing was connected to),
4 only unreachable hosts, 130 interrupted.`,
    );
  program.addCommand(runCommand(io, done));
  program.addCommand(inventoryCommand(io, done));
  for (const command of program.commands) {
    command.exitOverride().configureOutput(program.configureOutput());
  }
  try {
    await program.parseAsync([...io.argv]);
  } catch (error) {
    // Help and version end this way too; commander has printed what it says.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    io.stderr.write(showError(error));
    return exitStatus.usage;
  }
  return status;
}
