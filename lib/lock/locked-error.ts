import { DabookError } from '../errors.ts';

/** The error of who finds another run at work. */
export function lockedError(message: string): DabookError {
  return new DabookError('locked', message, {
    hint: 'wait for it with --lock-timeout SECONDS, or see: dabook lock status',
  });
}
