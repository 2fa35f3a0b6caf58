import { DabookError } from '../errors.ts';

/** What one command wrote to one of its two outputs. */
export interface Frame {
  readonly output: Buffer;
  readonly status: number;
}

export interface FrameReader {
  /**
   * Takes the next bytes and returns the frames that they complete.
   * @throws DabookError `command` where one command wrote too much
   */
  push(bytes: Buffer): Frame[];
}

const newline = 0x0a;

/**
 * Cuts what a resident shell writes into the output of its commands, to the byte. Each output is followed
 * by a line `<key> <status>` of the shell's own; what a command writes does not pass for it, since the key is
 * random and in no argument list.
 * @param maxBytes the most that one command may write
 */
export function createFrameReader(key: string, maxBytes: number): FrameReader {
  const mark = Buffer.from(`\n${key} `);
  let taken: Buffer[] = [];
  let size = 0;
  let rest: Buffer = Buffer.alloc(0);

  const take = (bytes: Buffer) => {
    size += bytes.length;
    if (size > maxBytes) {
      throw new DabookError('command', `a command wrote more than ${maxBytes / 2 ** 20} MiB`, {
        hint: 'have it write to a file, or print less',
      });
    }
    if (bytes.length > 0) taken.push(bytes);
  };

  return {
    push(bytes) {
      const frames: Frame[] = [];
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (;;) {
        const at = rest.indexOf(mark);
        const end = at < 0 ? -1 : rest.indexOf(newline, at + mark.length);
        if (end < 0) {
          const keep = at < 0 ? Math.max(0, rest.length - mark.length + 1) : at;
          take(rest.subarray(0, keep));
          rest = rest.subarray(keep);
          return frames;
        }
        take(rest.subarray(0, at));
        frames.push({
          output: Buffer.concat(taken),
          status: Number(rest.toString('latin1', at + mark.length, end)),
        });
        rest = rest.subarray(end + 1);
        taken = [];
        size = 0;
      }
    },
  };
}
