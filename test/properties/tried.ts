import fc from 'fast-check';
import type { Test } from 'tap';

/** How often each property is tried: `PROPERTY_RUNS=1000 npx tap test/properties/*.test.ts`; fewer by default. */
const runs = process.env.PROPERTY_RUNS;
/** What is tried: the same each time, unless `PROPERTY_SEED` is another one. A failure tells its seed. */
const seed = Number(process.env.PROPERTY_SEED ?? 1);

/** How often a property is tried in this run. @param usual how often it is in `npm test` */
function runsOf(usual: number): number {
  return runs === undefined ? usual : Number(runs);
}

/**
 * Tries a property with random values; the smallest that it fails for is told.
 * @param usual how often it is tried in `npm test`
 */
export function holds<V>(
  t: Test,
  what: string,
  values: fc.Arbitrary<V>,
  predicate: (value: V) => void | Promise<void>,
  usual = 40,
): Promise<unknown> {
  return t.test(what, { timeout: 3_600_000 }, async (t) => {
    const property = fc.asyncProperty(values, async (value) => {
      await predicate(value);
    });
    const told = await fc.check(property, { numRuns: runsOf(usual), seed, includeErrorInReport: true });
    if (told.failed) t.fail((await fc.asyncDefaultReportMessage(told)) ?? 'it failed');
    else t.equal(told.numRuns, runsOf(usual), `${what}: tried ${told.numRuns} times`);
  });
}
