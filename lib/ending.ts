import { codeOf, type DabookError, messageOf } from './errors.ts';
import type { TaskEnded } from './events.ts';
import { faultOf } from './fault.ts';

/**
 * How a task ended that ended with an error: failed, or, which is no failure, lost or waiting for the operator.
 * @param where the playbook's line that asked for it
 */
export function endingOf(
  error: unknown,
  where?: string,
): Pick<TaskEnded, 'status' | 'fault' | 'note' | 'form'> {
  const form = formOf(error);
  const known = form === undefined ? {} : { form };
  if (codeOf(error) === 'waiting') return { status: 'waiting', note: messageOf(error), ...known };
  if (codeOf(error) === 'lost') return { status: 'lost', fault: faultOf(error, where), ...known };
  return { status: 'failed', fault: faultOf(error, where), ...known };
}

function formOf(error: unknown) {
  return error instanceof Error && error.name === 'DabookError' ? (error as DabookError).form : undefined;
}
