import { DabookError } from '../errors.ts';

/** Bytes that one command may write to stdout, and to stderr, unless more is asked for. */
export const usualOutput = 16 * 2 ** 20;

/** The error of a command that wrote more than it may. @param most in bytes */
export function tooMuchOutput(most: number): DabookError {
  const mebibytes = most / 2 ** 20;
  const shown = Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${most} bytes`;
  return new DabookError('command', `a command wrote more than ${shown} and was cut off`, {
    hint: 'have it print less, or write to a file',
  });
}
