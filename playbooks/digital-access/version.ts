/**
 * Whether a version of the product is another one or later. What is not written counts as 0.
 * @example isAtLeast('6.0.5.60259', '6.0.2') // true
 */
export function isAtLeast(version: string, least: string): boolean {
  const [is, wanted] = [version, least].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (let place = 0; place < Math.max(is.length, wanted.length); place++) {
    const difference = (is[place] ?? 0) - (wanted[place] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
