import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Counts, RunEnded } from '../events.ts';
import { isJournalLine } from './is-journal-line.ts';
import { runIds } from './prune-runs.ts';
import { readJournal, readMeta } from './read-journal.ts';
import { journalFile } from './runs-place.ts';
import { type RunState, type RunSummary, summarize } from './summarize.ts';
import { unconfirmed } from './troubled-hosts.ts';

/** A run in one line. */
export interface RunInShort {
  readonly run: string;
  /** ISO time at which it began. */
  readonly at: string;
  readonly playbook: string;
  readonly user: string;
  readonly host: string;
  readonly check: boolean;
  readonly state: RunState;
  /** How it ended; none where it has not. */
  readonly outcome?: string;
  /** How many hosts it may change. */
  readonly hosts: number;
  /** How many tasks changed something, or would in check mode. */
  readonly changed: number;
  /** Steps of which nothing tells whether they were done. */
  readonly unconfirmed: number;
  /** None where it has not ended. */
  readonly seconds?: number;
}

/** A run whose journal cannot be read. */
export interface RunUnread {
  readonly run: string;
  readonly error: unknown;
}

/** The runs in a folder, oldest first. */
export async function listRuns(folder: string): Promise<readonly (RunInShort | RunUnread)[]> {
  const listed: (RunInShort | RunUnread)[] = [];
  // One after the other: they may be long, and are let go of.
  for (const run of await runIds(folder)) {
    listed.push(await inShort(join(folder, run, journalFile)).catch((error: unknown) => ({ run, error })));
  }
  return listed;
}

async function inShort(file: string): Promise<RunInShort> {
  const { meta, state, end, hosts, unsure } = (await readEnds(file)) ?? (await readWhole(file));
  return {
    run: meta.run,
    at: meta.at,
    playbook: meta.playbook.name,
    user: meta.by.user,
    host: meta.by.host,
    check: meta.options.check,
    state,
    ...(end === undefined ? {} : { outcome: end.outcome, seconds: end.seconds }),
    hosts: hosts.length,
    changed: hosts.reduce((sum, { changed }) => sum + changed, 0),
    unconfirmed: unsure,
  };
}

interface Found extends Pick<RunSummary, 'meta' | 'state' | 'end'> {
  readonly hosts: readonly Counts[];
  readonly unsure: number;
}

async function readWhole(file: string): Promise<Found> {
  const { hosts, ...run } = summarize(await readJournal(file));
  const unsure = hosts.flatMap(({ tasks }) => tasks.flatMap(unconfirmed)).length;
  return { ...run, hosts: hosts.map(({ counts }) => counts), unsure };
}

/** Of most runs the first line and the last one tell all, and a long journal takes long to be parsed. */
async function readEnds(file: string): Promise<Found | undefined> {
  const text = await readFile(file, 'utf8');
  const begin = text.lastIndexOf('\n{"type":"run.ended"') + 1;
  const starts = text.split('\n{"type":"step.started"').length;
  const ends = text.split('\n{"type":"step.ended"').length;
  if (begin === 0 || starts !== ends || text.includes('"outcome":"lost"')) return undefined;
  const meta = await readMeta(file);
  try {
    const end: unknown = JSON.parse(text.slice(begin));
    // Read as a whole it is told of.
    if (!isJournalLine(end)) return undefined;
    return meta && { meta, state: 'ended', ...endOf(end as RunEnded), unsure: 0 };
  } catch {
    // Cut off.
    return undefined;
  }
}

function endOf(end: RunEnded) {
  return { end, hosts: Object.values(end.hosts) };
}
