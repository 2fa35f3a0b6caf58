import { join } from 'node:path';
import { DabookError } from '../errors.ts';
import { didYouMean } from '../inventory/did-you-mean.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { selectHosts } from '../inventory/select-hosts.ts';
import { runIds } from '../journal/prune-runs.ts';
import { readJournal, readMeta } from '../journal/read-journal.ts';
import { journalFile, refuseOthersRuns } from '../journal/runs-place.ts';
import { type RunSummary, summarize } from '../journal/summarize.ts';
import { type Trouble, troubledHosts, troubles } from '../journal/troubled-hosts.ts';
import type { Io } from './io.ts';
import { runsPlace } from './runs-place.ts';

/**
 * The hosts that `--limit` stands for; all where it is not given. `@failed`, `@unreachable` and `@lost` are those of
 * the last run of that playbook.
 * @throws DabookError `usage` where it stands for nobody, or where the inventory has not all of them any more
 */
export async function limitOf(
  io: Io,
  inventory: Inventory,
  playbook: string,
  pattern: string | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (pattern === undefined) return undefined;
  const words = troubles.filter((trouble) => isIn(pattern, trouble));
  if (words.length === 0) return new Set(selectHosts(inventory, pattern).map(({ name }) => name));

  const last = await lastRun(io, playbook);
  const earlier = new Map(words.map((word) => [`@${word}`, new Set(troubledHosts(last, word))]));
  refuseGone(inventory, last, earlier);
  refuseNone(last, earlier, pattern);
  return new Set(selectHosts(inventory, pattern, earlier).map(({ name }) => name));
}

/** Whether a part of the pattern is that word; with a sign before it, that part has this sign. */
function isIn(pattern: string, trouble: Trouble, sign = '[&!]?'): boolean {
  return new RegExp(`(^|[\\s,:])${sign}@${trouble}(?![\\w-])`).test(pattern);
}

/** The newest run of the playbook that is over. One in check mode counts only where there is no other. */
async function lastRun(io: Io, playbook: string): Promise<RunSummary> {
  const place = runsPlace(io);
  if (place === undefined) throw none('no journals are kept: DABOOK_RUNS is off');
  const ids = await runIds(place.folder);
  if (ids.length > 0) await refuseOthersRuns(place);
  let checked: RunSummary | undefined;
  for (const id of [...ids].reverse()) {
    const file = join(place.folder, id, journalFile);
    const meta = await readMeta(file);
    if (meta?.playbook.name !== playbook || (meta.options.check && checked !== undefined)) continue;
    const run = summarize(await readJournal(file));
    if (run.state === 'running') continue;
    if (!meta.options.check) return run;
    checked = run;
  }
  if (checked !== undefined) return checked;
  throw none(`no earlier run of "${playbook}" is kept in ${place.folder}`);
}

function none(message: string): DabookError {
  return new DabookError('usage', `--limit takes hosts of the last run, and ${message}`, {
    hint: 'see what there is with: dabook runs list',
  });
}

function refuseGone(inventory: Inventory, last: RunSummary, earlier: Earlier): void {
  const there = inventory.hosts.map(({ name }) => name);
  const known = new Set(there);
  const gone = [...new Set([...earlier.values()].flatMap((hosts) => [...hosts]))].filter(
    (host) => !known.has(host),
  );
  const [first] = gone;
  if (first === undefined) return;
  const which = [...earlier.keys()].join(', ');
  throw new DabookError(
    'usage',
    `the inventory has not all hosts of ${which} in run ${last.meta.run}: ${gone.join(', ')}`,
    { hint: didYouMean(first, there) ?? 'give the inventory of that run, or name the hosts yourself' },
  );
}

/** What is only left out may be nobody. */
function refuseNone(last: RunSummary, earlier: Earlier, pattern: string): void {
  const meant = troubles.filter((trouble) => isIn(pattern, trouble, '&?'));
  if (meant.length === 0 || meant.some((trouble) => (earlier.get(`@${trouble}`)?.size ?? 0) > 0)) return;
  const which = meant.map((trouble) => `@${trouble}`).join(' and ');
  throw new DabookError('usage', `${which}: no such host in the last run, ${last.meta.run}`, {
    hint: `see it with: dabook runs show ${last.meta.run}`,
  });
}

type Earlier = ReadonlyMap<string, ReadonlySet<string>>;
