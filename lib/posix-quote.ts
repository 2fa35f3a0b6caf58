import { DabookError } from './errors.ts';

/**
 * One word for a POSIX shell that stands for exactly this text.
 * @throws DabookError `usage` where the text holds a NUL byte: no argument of a process can.
 * @example posixQuote("it's") // 'it'\''s'
 */
export function posixQuote(text: string): string {
  if (text.includes('\0')) {
    throw new DabookError('usage', `a NUL byte cannot be part of a command: ${JSON.stringify(text)}`, {
      hint: 'give binary data as stdin',
    });
  }
  return `'${text.replaceAll("'", "'\\''")}'`;
}
