import { DabookError } from '../errors.ts';

/** How many of the latest runs an error names. */
const NAMED = 5;

/**
 * The run that an id, its beginning, its end or `last` stands for.
 * @param ids of all runs, oldest first
 * @throws DabookError `usage` where it stands for none, or for several
 */
export function findRun(ids: readonly string[], given: string): string {
  const last = ids.at(-1);
  if (last === undefined) {
    throw new DabookError('usage', 'no runs are kept here', {
      hint: 'journals are kept below the folder that dabook is run in, or in DABOOK_RUNS',
    });
  }
  if (given === 'last') return last;
  const found = given === '' ? [] : ids.filter((id) => id.startsWith(given) || id.endsWith(given));
  const [only] = found;
  if (only !== undefined && (found.length === 1 || only === given)) return only;
  const latest = (found.length > 1 ? found : ids).slice(-NAMED).join(', ');
  const what =
    found.length > 1 ? `${found.length} runs begin or end with "${given}"` : `there is no run "${given}"`;
  throw new DabookError('usage', what, {
    hint: `the latest ${found.length > 1 ? 'of them ' : ''}are ${latest}`,
  });
}
