import { codeOf, type DabookError, type ErrorCode, messageOf } from './errors.ts';
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

/** What ends a run from outside, in a few words. */
const endsRun: Partial<Record<ErrorCode, string>> = {
  locked: 'another run is at work',
  unapproved: 'not agreed to',
  interrupted: 'interrupted',
  deadline: 'the run took too long',
};

/**
 * How a task ended that had not begun when its run was ended: that is no failure of its own.
 * @returns undefined where something else ended it, or where it has answers of the operator to keep
 */
export function cutOff(error: unknown): Pick<TaskEnded, 'status' | 'note'> | undefined {
  const note = endsRun[codeOf(error)];
  return note === undefined || formOf(error) !== undefined ? undefined : { status: 'skipped', note };
}

function formOf(error: unknown) {
  return error instanceof Error && error.name === 'DabookError' ? (error as DabookError).form : undefined;
}
