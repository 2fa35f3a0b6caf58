/**
 * How milliseconds are written as seconds, so that those of one table stand below one another: with three decimals, or
 * as many as leave six characters to the longest of them.
 * @example secondsUpTo(123_456)(1200) // '1.20'
 */
export function secondsUpTo(longest: number): (milliseconds: number) => string {
  const digits = String(Math.trunc(longest / 1000)).length;
  const decimals = Math.max(0, Math.min(3, 5 - digits));
  return (milliseconds) => (milliseconds / 1000).toFixed(decimals);
}
