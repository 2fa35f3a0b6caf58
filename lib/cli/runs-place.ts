import { resolve } from 'node:path';
import { DabookError } from '../errors.ts';
import { type RunsPlace, runsBelow } from '../journal/runs-place.ts';
import type { Io } from './io.ts';

const KEPT = 50;

/** Where journals are kept: `DABOOK_RUNS`, else `.dabook/runs` in the current folder. None where they are not. */
export function runsPlace(io: Io): RunsPlace | undefined {
  const given = io.env.DABOOK_RUNS;
  if (given === undefined) return runsBelow(io.cwd());
  return given === '' || given === 'off' ? undefined : { folder: resolve(io.cwd(), given) };
}

/**
 * How many runs are kept: `DABOOK_KEEP_RUNS`, 50 by default.
 * @throws DabookError `usage` where that is no whole number from 1
 */
export function runsKept({ env: { DABOOK_KEEP_RUNS: given } }: Pick<Io, 'env'>): number {
  if (given === undefined || given === '') return KEPT;
  const number = Number(given);
  if (Number.isInteger(number) && number > 0) return number;
  throw new DabookError('usage', `DABOOK_KEEP_RUNS is "${given}"`, {
    hint: 'give a whole number from 1; DABOOK_RUNS=off keeps no journals',
  });
}
