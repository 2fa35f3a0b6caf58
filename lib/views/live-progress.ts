const UNITS = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
  [1, 'B'],
] as const;

/**
 * How far something has got, in the unit of the whole.
 * @param sent bytes, as `size`
 * @example progressText(45_200_000, 100_000_000) // '45 of 100 MB'
 * @example progressText(500_000_000, 1_500_000_000) // '0.5 of 1.5 GB'
 */
export function progressText(sent: number, size: number): string {
  const [bytes, unit] = UNITS.find(([least]) => size >= least) ?? UNITS[3];
  const digits = bytes > 1 && size < 10 * bytes ? 1 : 0;
  // Rounded down: the whole is not there before it is.
  const shown = (amount: number) =>
    (Math.floor((amount / bytes) * 10 ** digits) / 10 ** digits).toFixed(digits);
  return `${shown(sent)} of ${shown(size)} ${unit}`;
}
