import { createHash } from 'node:crypto';

/** Text that looks random, never has the same piece twice, and is the same in each run of the test. */
export function noise(length: number, seed = ''): string {
  const blocks = Array.from({ length: Math.ceil(length / 44) }, (_, index) =>
    createHash('sha256').update(`${seed}${index}`).digest('base64'),
  );
  return blocks.join('').slice(0, length);
}
