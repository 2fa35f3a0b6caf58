import { tooMuchOutput } from './too-much-output.ts';

/** What one command wrote to one of its two outputs. */
export interface Frame {
  readonly output: Buffer;
  readonly status: number;
}

export interface FrameReader {
  /**
   * Takes the next bytes and yields the frames that they complete, each before the limit of the next is asked for.
   * @throws DabookError `command` where one command wrote too much
   */
  push(bytes: Buffer): Iterable<Frame>;
}

const newline = 0x0a;
/** Digits of an exit status. */
const longestStatus = 3;

/**
 * Cuts what a resident shell writes into the output of its commands, to the byte. Each output is followed
 * by a line `<key> <status>` of the shell's own; what a command writes does not pass for it, since the key is
 * random and in no argument list.
 * @param mostBytes the most that the command may write whose output it is
 */
export function createFrameReader(key: string, mostBytes: () => number): FrameReader {
  const mark = Buffer.from(`\n${key} `);
  let taken: Buffer[] = [];
  let size = 0;
  let rest: Buffer = Buffer.alloc(0);

  const take = (bytes: Buffer) => {
    if (bytes.length === 0) return;
    size += bytes.length;
    const most = mostBytes();
    if (size > most) {
      taken = [];
      throw tooMuchOutput(most);
    }
    taken.push(bytes);
  };

  return {
    *push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (;;) {
        const at = rest.indexOf(mark);
        const end = at < 0 ? -1 : rest.indexOf(newline, at + mark.length);
        // No line of the shell's own goes on for longer: what does is output like any other, and counts as such.
        if (at >= 0 && (end < 0 ? rest.length : end) > at + mark.length + longestStatus) {
          take(rest.subarray(0, at + mark.length));
          rest = rest.subarray(at + mark.length);
          continue;
        }
        if (end < 0) {
          const keep = at < 0 ? Math.max(0, rest.length - mark.length + 1) : at;
          take(rest.subarray(0, keep));
          rest = rest.subarray(keep);
          return;
        }
        take(rest.subarray(0, at));
        const frame = {
          output: Buffer.concat(taken),
          status: Number(rest.toString('latin1', at + mark.length, end)),
        };
        rest = rest.subarray(end + 1);
        taken = [];
        size = 0;
        yield frame;
      }
    },
  };
}
