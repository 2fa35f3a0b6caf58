import { DabookError } from '../../errors.ts';
import { fact } from '../../fact.ts';
import { sh } from '../../sh.ts';

/** What a host's clock shows. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** Milliseconds that it counts in: 1000 where `date` knows seconds only, as that of busybox. */
  readonly precision: 1 | 1000;
  /** Milliseconds by which it is ahead of the control machine's; asking took time, so it is in between. */
  readonly ahead: { readonly least: number; readonly most: number };
}

/** The clock of a host. @example const { ahead } = await host.read(clock) */
export const clock = fact<Clock>({
  key: ['clock'],
  read: async (ask) => {
    const before = Date.now();
    const { stdout } = await ask.sh(sh`date '+%s %N'`);
    const after = Date.now();
    const [, seconds, nanoseconds] = /^(\d+) (\d{9})?/.exec(stdout) ?? [];
    if (seconds === undefined) {
      throw new DabookError('command', `date of ${ask.host} does not tell the time: ${stdout.trim()}`, {
        hint: 'dabook needs a date that knows +%s',
      });
    }
    const ms = Number(seconds) * 1000 + Math.floor(Number(nanoseconds ?? 0) / 1e6);
    const precision = nanoseconds === undefined ? 1000 : 1;
    return { ms, precision, ahead: { least: ms - after, most: ms + precision - before } };
  },
});
