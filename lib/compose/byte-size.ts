const powers = 'bkmgtp';

/**
 * A size in bytes, as compose files write it: `64M`, `1.5gb`, `1024`. Units are powers of 1024.
 * @throws Error for anything else
 */
export function byteSize(text: string): number {
  const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?) ?([bkmgtp])?(?:i?b)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw new Error(`'${text}' is no size: write it as in 64M or 1.5G`);
  return Math.trunc(Number(number) * 1024 ** Math.max(powers.indexOf(unit.toLowerCase()), 0));
}
