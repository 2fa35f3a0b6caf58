import { DabookError } from './errors.ts';

/** The error of a command that ended with a status that is no answer. */
export function commandFailed(
  what: string,
  shown: string,
  status: number,
  stderr: string,
  hint?: string,
): DabookError {
  return new DabookError('command', what, { hint, command: { shown, status, stderr } });
}
