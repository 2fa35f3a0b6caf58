import { z } from 'zod';

/**
 * The schema of a mapping with these settings and no others: a misspelt one is told at its place, with what was
 * probably meant. Settings that zod would drop without a word are most likely misspelt ones.
 * @param example how it is written, for who has written something else
 * @example settings({ uid: z.int(), gid: z.int() }, '{ uid: 1003, gid: 1003 }')
 */
export function settings<Shape extends z.core.$ZodLooseShape>(shape: Shape, example: string) {
  const names = Object.keys(shape);
  return z.preprocess(
    (given, context) => {
      for (const key of isMapping(given) ? Object.keys(given) : []) {
        if (names.includes(key)) continue;
        // Issues of this code let zod look at the rest too.
        context.addIssue({
          code: 'unrecognized_keys',
          keys: [key],
          input: given as Record<string, unknown>,
          path: [key],
          message: `there is no such setting; ${near(key, names)}`,
        });
      }
      return given;
    },
    z.object(shape, { error: `must be written as in ${example}` }),
  );
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function near(wrong: string, names: readonly string[]): string {
  const most = Math.max(1, Math.floor(wrong.length / 3));
  const nearest = names
    .map((name) => ({ name, distance: distanceOf(wrong.toLowerCase(), name) }))
    .filter(({ distance }) => distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
  return nearest[0] === undefined ? `the settings are ${names.join(', ')}` : `did you mean ${nearest[0]}?`;
}

/** How many letters to insert, drop, replace or swap with their neighbour lead from one word to the other. */
function distanceOf(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= from.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSwapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const ways = [
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1),
        isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      ];
      rows[i]?.push(Math.min(...ways));
    }
  }
  return at(from.length, to.length);
}
