import { resolve } from 'node:path';
import { commandFailed } from './command-failed.ts';
import { codeOf, DabookError, type FailedCommand, messageOf } from './errors.ts';
import type { Asker, Machine } from './machine.ts';
import { Command } from './sh.ts';
import { showStep } from './show-step.ts';
import type { FetchStep } from './step.ts';
import { writeControlFile } from './write-control-file.ts';

const usualMost = 512 * 2 ** 20;

/**
 * Copies what a command of the host prints into a file of the control machine that only its user may read.
 * A relative path is one from the folder in which dabook runs. The file is written only when the command has
 * ended well and all of its output is here: a file that is there already is replaced then, and not before.
 * @param most bytes that the command may print; 512 MiB by default. All of it is held in memory, twice for a moment.
 * @throws DabookError `command` when the command fails or prints more, or the file cannot be written;
 * `unreachable` when the connection is lost. Nothing is left of it then, and what was there stays.
 */
export async function performFetch(
  step: FetchStep,
  machine: Machine,
  asker: Omit<Asker, 'purpose'>,
  most: number = usualMost,
): Promise<void> {
  const shown = showStep(step);
  const nothing = `nothing was written to ${step.path}`;
  // Cut on the host, one byte later than allowed: so it can be seen, and the connection never cuts by itself.
  const command = cutOff(step.command, most + 1).text;
  const fetching = { ...asker, purpose: 'step', maxOutput: most + 1 } as const;
  const answer = await machine.exec(command, fetching, shown).catch((error: unknown) => {
    if (codeOf(error) === 'command') throw tooBig(`${messageOf(error)}: ${nothing}`);
    throw error;
  });
  const { status, stdout } = answer;
  const stderr = answer.stderr.toString();
  // Looked at first: a command that is cut off fails because of it.
  if (stdout.length > most) {
    throw tooBig(`a command printed more than ${most / 2 ** 20} MiB: ${nothing}`, { shown, status, stderr });
  }
  if (status !== 0) {
    throw commandFailed(`a command ended with status ${status}: ${nothing}`, shown, status, stderr);
  }
  await writeControlFile(resolve(step.path), stdout);
}

function tooBig(message: string, command?: FailedCommand): DabookError {
  return new DabookError('command', message, {
    hint: 'leave out what is big: a backup has exclude for it',
    command,
  });
}

/** The command, of whose output so many bytes are taken at most. Its exit status goes round the pipe. */
function cutOff(command: Command, bytes: number): Command {
  return new Command(`{ s=$({ { (
${command.text}
) 3>&- 4>&-; echo $? >&3; } | head -c ${bytes} 3>&- >&4; } 3>&1); } 4>&1
exit "$s"`);
}
