import { refuse } from '../../refuse.ts';
import { type Clock, clock } from './clock.ts';
import type { FactReader } from './fact-reader.ts';

/** A host's clock, compared with the control machine's. */
export interface ClockOffset {
  readonly host: string;
  /** Seconds by which it is ahead; what it may be wrong by is half the time that asking took. */
  readonly ahead: number;
}

/** Asking takes longest the first time, when there may be no connection yet. */
const looks = 3;

/**
 * Holds the clocks of hosts against one another: TLS between the nodes of a swarm fails when they differ.
 * Counts only what they differ by for certain, however long the asking took. The control machine's own clock
 * may be wrong.
 * @param options.seconds that they may differ by; 5 by default
 * @throws DabookError `refused` with every host and its offset
 * @example await clocksAgree(hosts, { seconds: 2 })
 */
export async function clocksAgree(
  hosts: readonly FactReader[],
  { seconds = 5 }: { readonly seconds?: number | undefined } = {},
): Promise<readonly ClockOffset[]> {
  const clocks = await Promise.all(
    hosts.map(async (host) => {
      const seen: Clock['ahead'][] = [];
      for (let look = 0; look < looks; look++) seen.push((await host.read(clock)).ahead);
      return { host: host.name, ahead: narrowest(seen) };
    }),
  );
  const offsets = clocks.map(({ host, ahead }) => ({ host, ahead: (ahead.least + ahead.most) / 2000 }));
  const [worst] = clocks
    .flatMap((one) => clocks.map((other) => ({ one, other, gap: one.ahead.least - other.ahead.most })))
    .sort((a, b) => b.gap - a.gap);
  if (worst === undefined || worst.gap <= seconds * 1000) return offsets;
  const { one, other, gap } = worst;
  const shown = offsets.map(({ host, ahead }) => `${host} ${ahead < 0 ? '' : '+'}${ahead.toFixed(1)} s`);
  throw refuse(
    `the clock of ${one.host} is ${(gap / 1000).toFixed(1)} s ahead of that of ${other.host}, and ${seconds} s are allowed; against the control machine: ${shown.join(', ')}`,
    'let all hosts take their time from NTP (chrony, systemd-timesyncd), and wait until they have it: timedatectl',
  );
}

/** What all looks agree on; the tightest one where the clock was set in between. */
function narrowest(seen: readonly Clock['ahead'][]): Clock['ahead'] {
  const least = Math.max(...seen.map((ahead) => ahead.least));
  const most = Math.min(...seen.map((ahead) => ahead.most));
  if (least <= most) return { least, most };
  return seen.reduce((a, b) => (b.most - b.least < a.most - a.least ? b : a), {
    least: -Infinity,
    most: Infinity,
  });
}
