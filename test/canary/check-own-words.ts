import { checkPieces } from './check-words.ts';

/** From now on what this process says on stderr is searched. What it says on stdout is its TAP, which the watch searches. */
export function checkOwnWords(): void {
  const check = checkPieces('what a test said on stderr');
  const { stderr } = process;
  const write = stderr.write as (...given: unknown[]) => boolean;
  stderr.write = (...given: unknown[]) => {
    const [piece] = given;
    if (typeof piece === 'string' || Buffer.isBuffer(piece)) check(piece);
    return write.apply(stderr, given);
  };
}
