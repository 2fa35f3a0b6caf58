/**
 * How many lines of a text change, are added or go: 0 where they only change places. Counted without a
 * diff, as it is asked for each text on each host.
 */
export function changedLines(from: string, to: string): number {
  const balance = new Map<string, number>();
  for (const line of from.split('\n')) balance.set(line, (balance.get(line) ?? 0) + 1);
  for (const line of to.split('\n')) balance.set(line, (balance.get(line) ?? 0) - 1);
  let gone = 0;
  let added = 0;
  for (const times of balance.values()) {
    if (times > 0) gone += times;
    else added -= times;
  }
  return Math.max(gone, added);
}
