import { codeOf, DabookError, messageOf } from '../errors.ts';
import type { Redactor } from '../redact.ts';
import { whereIn } from '../where.ts';
import { exitStatus, type Io } from './io.ts';
import { redactedError } from './redacted-error.ts';
import { showError } from './show-error.ts';

/** Milliseconds that a run gets to end in after a stray fault, which may have broken what it waits for. */
const patience = 30_000;

/**
 * Does work and watches for errors that nothing catches meanwhile, such as those of a promise that a
 * playbook does not await. The first one is told, without secrets, and aborts the controller.
 * @returns the exit status: that of the work, or 1 after such an error
 */
export async function withoutStrayFault(
  io: Io,
  controller: AbortController,
  redactor: Redactor,
  work: () => Promise<number>,
): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const onFault = (thrown: unknown) => {
    if (timer !== undefined) return;
    const error = redactedError(thrown, redactor);
    timer = setTimeout(() => io.exit(exitStatus.failed), patience);
    io.stderr.write(showError(strayFault(error, io.cwd())));
    controller.abort(new DabookError('playbook', messageOf(error), { cause: error }));
  };
  io.on('uncaughtException', onFault);
  io.on('unhandledRejection', onFault);
  try {
    const status = await work();
    return timer === undefined ? status : exitStatus.failed;
  } finally {
    clearTimeout(timer);
    io.off('uncaughtException', onFault);
    io.off('unhandledRejection', onFault);
  }
}

/** The playbook's own fault, unless the error comes from dabook alone. */
function strayFault(error: unknown, cwd: string): unknown {
  const where = error instanceof Error ? whereIn(error.stack, cwd) : undefined;
  if (error instanceof Error && where === undefined && codeOf(error) === 'bug') return error;
  const place = where === undefined ? '' : `${where}: `;
  return new DabookError('playbook', `${place}nothing in the playbook caught: ${messageOf(error)}`, {
    hint: 'an "await" may be missing',
  });
}
