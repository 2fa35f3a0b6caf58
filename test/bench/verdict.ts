import type { Wanted } from './define-case.ts';
import type { CaseResult } from './result.ts';
import type { Sample } from './sample.ts';
import { spreadOf } from './statistics.ts';

/** What one wanted figure came to. */
export interface Verdict {
  /** What is compared, such as `ansible / dabook, seconds`. */
  readonly of: string;
  readonly wanted: string;
  readonly got: string;
  readonly verdict: 'reached' | 'missed' | 'not measured';
}

/** The verdicts of a case, in the order of what is wanted; medians are compared. */
export function verdictsOf(result: CaseResult): Verdict[] {
  return result.wanted.map((wanted) => verdictOf(wanted, result));
}

function verdictOf(wanted: Wanted, result: CaseResult): Verdict {
  const { of = 'dabook', measure = 'seconds' } = wanted;
  const own = medianOf(result, of, measure);
  if (wanted.against === undefined) {
    const about = { of: `${of}, ${measure}`, wanted: `at most ${wanted.atMost}` };
    if (own === undefined) return { ...about, ...notMeasured };
    return { ...about, got: rounded(own), verdict: own <= wanted.atMost ? 'reached' : 'missed' };
  }
  const peer = medianOf(result, wanted.against, measure);
  const known = own !== undefined && peer !== undefined;
  if ('atLeast' in wanted) {
    const about = { of: `${wanted.against} / ${of}, ${measure}`, wanted: `at least ${wanted.atLeast}x` };
    if (!known) return { ...about, ...notMeasured };
    return {
      ...about,
      got: `${rounded(peer / own)}x`,
      verdict: peer >= wanted.atLeast * own ? 'reached' : 'missed',
    };
  }
  if ('atMostPlus' in wanted) {
    const about = { of: `${of} - ${wanted.against}, ${measure}`, wanted: `at most ${wanted.atMostPlus}` };
    if (!known) return { ...about, ...notMeasured };
    const more = own - peer;
    return { ...about, got: rounded(more), verdict: more <= wanted.atMostPlus ? 'reached' : 'missed' };
  }
  const about = { of: `${of} / ${wanted.against}, ${measure}`, wanted: `at most ${wanted.atMost}x` };
  if (!known) return { ...about, ...notMeasured };
  return {
    ...about,
    got: `${rounded(own / peer)}x`,
    verdict: own <= wanted.atMost * peer ? 'reached' : 'missed',
  };
}

const notMeasured = { got: '-', verdict: 'not measured' } as const;

function medianOf(result: CaseResult, name: string, measure: keyof Sample): number | undefined {
  const tool = result.tools.find((tool) => tool.name === name);
  // A tool that failed on the way may have done less work than the others.
  if (tool === undefined || tool.fault !== undefined) return undefined;
  const values = tool.samples.map((sample) => sample[measure] ?? tool.counts[measure]);
  return spreadOf(values.filter((value) => value !== undefined))?.median;
}

function rounded(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
