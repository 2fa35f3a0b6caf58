import type { StdinStream } from './transport/session.ts';

/** Bytes from which on it is told how far a file has got. */
const shownFrom = 1e6;
/** Milliseconds between two words about it. */
const pause = 500;

/**
 * What tells how far a command's stdin has got: at most twice a second, and nothing for what is small.
 * @param now milliseconds
 */
export function progressOf(
  stdin: Uint8Array | StdinStream | undefined,
  now: () => number,
  tell: (sent: number, size: number) => void,
): ((sent: number) => void) | undefined {
  if (stdin === undefined) return undefined;
  const size = 'size' in stdin ? stdin.size : stdin.length;
  if (size < shownFrom) return undefined;
  let last = now();
  return (sent) => {
    if (now() - last < pause) return;
    last = now();
    tell(sent, size);
  };
}
