import { didYouMean } from 'dabook';
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
          message: `there is no such setting; ${didYouMean(key, names) ?? `the settings are ${names.join(', ')}`}`,
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
