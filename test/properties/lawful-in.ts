import type fc from 'fast-check';
import type { Test } from 'tap';
import { lawful, type Situation } from './laws.ts';
import { holds } from './tried.ts';

/** Tries what holds for each task in random states of one. */
export type Lawful = (t: Test, name: string) => Promise<unknown>;

/**
 * A task in random situations.
 * @param mayThrow what `want` may throw beside refusals
 * @param usual how many there are in `npm test`
 */
export function lawfulIn<V>(
  values: fc.Arbitrary<V>,
  situation: (value: V) => Situation | Promise<Situation>,
  { mayThrow = [], usual = 150 }: { readonly mayThrow?: readonly string[]; readonly usual?: number } = {},
): Lawful {
  return (t, name) =>
    holds(t, `${name}: lawful`, values, async (value) => lawful(await situation(value), mayThrow), usual);
}
