import { DabookError } from './errors.ts';

/** A number of hosts, or a part of them: `2`, `'25%'`. */
export type Amount = number | `${number}%`;

/**
 * How many hosts an amount means; a percentage is rounded down, `least` at the least.
 * @throws DabookError `playbook` for what is no amount
 */
export function countOf(amount: Amount, total: number, least: number): number {
  const percent = typeof amount === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(amount)?.[1] : undefined;
  if (percent !== undefined) return Math.max(least, Math.floor((total * Number(percent)) / 100));
  if (typeof amount === 'number' && Number.isInteger(amount) && amount >= least) return amount;
  throw new DabookError('playbook', `${JSON.stringify(amount)} is no number of hosts`, {
    hint: `give a whole number from ${least}, or a percentage such as '25%'`,
  });
}

/**
 * Cuts hosts into the batches of a play: one amount for all of them, or a list whose last one repeats.
 * Without an amount there is one batch.
 * @example batches(hosts, [1, 2, '50%'])
 */
export function batches<T>(
  items: readonly T[],
  serial: Amount | readonly Amount[] | undefined,
): readonly (readonly T[])[] {
  const sizes = serial === undefined ? [] : isList(serial) ? serial : [serial];
  const last = sizes.at(-1);
  if (last === undefined) return items.length === 0 ? [] : [items];
  const result: (readonly T[])[] = [];
  for (let from = 0; from < items.length; ) {
    const size = countOf(sizes[result.length] ?? last, items.length, 1);
    result.push(items.slice(from, from + size));
    from += size;
  }
  return result;
}

function isList(serial: Amount | readonly Amount[]): serial is readonly Amount[] {
  return Array.isArray(serial);
}
