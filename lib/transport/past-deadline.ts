import { DabookError } from '../errors.ts';

/** The error of a command that took longer than it may, or was silent for longer. @param seconds of the deadline */
export function pastDeadline(which: 'total' | 'idle', seconds: number): DabookError {
  const what = which === 'total' ? `did not end within ${seconds} s` : `was silent for ${seconds} s`;
  return new DabookError('command', `a command ${what} (${which} deadline)`, {
    hint: 'it may go on on its host; let work that takes long be detached, or give it more time',
  });
}
