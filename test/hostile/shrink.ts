import type { Answered } from './worker.ts';

/** How many smaller inputs are tried at most. */
const most = 60;
/** Milliseconds: what takes as long each time is not made small. */
const slow = 3000;

/** A smaller input that goes wrong in the same way: pieces of it are left out, large ones first. */
export async function shrunk(
  input: Buffer,
  faults: readonly string[],
  tries: (input: Buffer) => Promise<Answered>,
): Promise<Buffer> {
  const same = signOf(faults);
  let least = input;
  let left = most;
  for (
    let size = Math.ceil(input.length / 2);
    size >= 1 && left > 0;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < least.length && left > 0; ) {
      const part = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      const { faults: of, milliseconds } = await tries(part);
      left -= 1;
      if (signOf(of) === same) least = part;
      else at += size;
      if (milliseconds > slow) return least;
    }
  }
  return least;
}

/** What is the same of two faults that are one. */
function signOf(faults: readonly string[]): string {
  return (faults[0] ?? '').slice(0, 60).replaceAll(/\d+/g, '0');
}
