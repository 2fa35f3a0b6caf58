/**
 * What all of these give. All of them are waited for, and of those that fail the first in this order is the one that
 * is told: the same trouble is told in the same words, whichever of them is answered first.
 * @example const [texts, keys] = await atOnce([host.read(textFile(path)), host.read(keyFiles({ dir, match }))])
 */
export async function atOnce<const T extends readonly unknown[]>(
  all: T,
): Promise<{ readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(all);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : undefined)) as {
    readonly [K in keyof T]: Awaited<T[K]>;
  };
}
