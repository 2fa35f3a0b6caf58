import { visible } from '../visible.ts';
import { duration } from './duration.ts';
import { fewHosts } from './few-hosts.ts';
import { fit } from './width.ts';

const SLOWEST = 3;

/**
 * Which of many hosts took longest, beside what is usual.
 * @param seconds what the plays took on each host
 */
export function slowestLines(seconds: ReadonlyMap<string, number>, columns: number): string[] {
  if (seconds.size <= fewHosts) return [];
  const hosts = [...seconds].sort(([, a], [, b]) => b - a);
  const slowest = hosts.slice(0, SLOWEST).map(([host, took]) => `${visible(host)} ${duration(took)}`);
  return [fit(`  slowest: ${slowest.join(', ')}; median ${duration(median(hosts))}`, columns)];
}

/** How often the hosts were waited for: one number where it is the same for all. */
export function roundTripLines(trips: { readonly [host: string]: number }, columns: number): string[] {
  const hosts = Object.entries(trips).sort(([, a], [, b]) => b - a);
  const [most] = hosts;
  if (most === undefined) return [];
  const [name, number] = most;
  const head = `  round trips per host: ${number}`;
  if (hosts.at(-1)?.[1] === number) return [head];
  const others = hosts.filter(([, count]) => count === number).length - 1;
  const and = others === 0 ? '' : ` and ${others} more`;
  return [fit(`${head} at most (${visible(name)}${and}), median ${median(hosts)}`, columns)];
}

/** @param sorted not empty; of an even number, the higher one in the middle */
function median(sorted: readonly (readonly [string, number])[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)]?.[1] ?? 0;
}
