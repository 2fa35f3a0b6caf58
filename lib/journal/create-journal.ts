import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import type { Event } from '../events.ts';
import { startOf } from '../is-running.ts';
import { jsonLine } from '../json-line.ts';
import { sha256Of } from '../sha256.ts';
import { briefEvent } from './brief-event.ts';
import { readGitState } from './git-state.ts';
import { journalVersion, type RunBy, type RunMeta } from './journal-line.ts';
import { createLineWriter, type OpenedFile } from './line-writer.ts';
import { pruneRuns } from './prune-runs.ts';
import { journalFile, makeRunsFolder, type RunsPlace } from './runs-place.ts';

/** Keeps what a run tells. Whatever goes wrong with it is told once, and changes nothing of the run. */
export interface Journal {
  handle(event: Event): void;
  /** Settles when all that it was told is on the disk, or never will be. Never rejects. */
  synced(): Promise<void>;
  /** Writes the end of the run, and lets go of the file. Never rejects. */
  end(): Promise<void>;
}

/** What the first line of a journal says, but for what the process itself knows. */
export interface Beginning extends Omit<RunMeta, 'type' | 'version' | 'at' | 'by'> {
  readonly by: Omit<RunBy, 'host' | 'pid' | 'started'>;
}

export interface JournalOptions {
  readonly place: RunsPlace;
  /** How many runs are kept, this one included. */
  readonly keep: number;
  readonly beginning: Beginning;
  /** The environment that git is run in. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what is wrong, in one line, and what to do. */
  readonly onFault: (message: string) => void;
}

/** Milliseconds that the end of a run waits for git at most. */
const patience = 50;

/**
 * Begins a journal: `<id>/journal.jsonl` in the place for them, one line of JSON each. Nothing waits for it to be
 * opened but a step. Runs that are too old are removed meanwhile.
 */
export function createJournal(options: JournalOptions): Journal {
  const { place, keep, beginning, env, onFault } = options;
  let isOpen = false;
  let ending: Event | undefined;
  const opening = openJournal(place, beginning, new Date()).then((opened) => {
    isOpen = true;
    return opened;
  });
  const writer = createLineWriter(opening, (error) => {
    const what = isOpen ? 'the journal cannot be written any more' : 'no journal is kept of this run';
    onFault(`${what}: ${messageOf(error)}${hintOf(error)}`);
  });
  const pruning = opening.then(
    () =>
      pruneRuns(place.folder, keep).catch((error) =>
        onFault(`older runs cannot be removed from ${place.folder}: ${messageOf(error)}`),
      ),
    () => {},
  );
  const impatience = new AbortController();
  const { signal } = impatience;
  const tooLate = new Promise<void>((done) => signal.addEventListener('abort', () => done()));
  // When the journal is there: its folder, as it is made, would be a file that git does not know.
  const git = opening
    .then(() => readGitState(dirname(beginning.playbook.file), env, signal))
    .then(
      (state) => state && !signal.aborted && writer.write(jsonLine(state)),
      () => {},
    );

  return {
    handle(event) {
      const kept = briefEvent(event);
      // The last line is written last, whenever git is ready.
      if (kept?.type === 'run.ended') ending = kept;
      else if (kept !== undefined) writer.write(jsonLine(kept));
    },
    synced: writer.synced,
    async end() {
      const timer = setTimeout(() => impatience.abort(), patience);
      await Promise.race([git, tooLate]);
      clearTimeout(timer);
      impatience.abort();
      if (ending !== undefined) writer.write(jsonLine(ending));
      await writer.end();
      await pruning;
    },
  };
}

async function openJournal(place: RunsPlace, beginning: Beginning, begun: Date): Promise<OpenedFile> {
  await makeRunsFolder(place);
  const folder = join(place.folder, beginning.run);
  await mkdir(folder, { mode: 0o700 });
  let file: FileHandle | undefined;
  try {
    // Made by this, so no link can lead it elsewhere.
    file = await open(join(folder, journalFile), 'ax', 0o600);
    await file.appendFile(jsonLine(await metaOf(beginning, begun)));
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  return {
    file,
    async syncName() {
      for (const path of [folder, place.folder]) {
        const names = await open(path, 'r');
        await names.sync().finally(() => names.close());
      }
    },
  };
}

async function metaOf({ by, playbook, ...more }: Beginning, begun: Date): Promise<RunMeta> {
  const started = startOf(process.pid);
  const sha256 = await readFile(playbook.file).then(sha256Of, () => undefined);
  return {
    type: 'journal.started',
    version: journalVersion,
    at: begun.toISOString(),
    by: { ...by, host: hostname(), pid: process.pid, ...(started === undefined ? {} : { started }) },
    playbook: { ...playbook, ...(sha256 === undefined ? {} : { sha256 }) },
    ...more,
  };
}

function hintOf(error: unknown): string {
  if (error instanceof DabookError) return error.hint === undefined ? '' : `\n  ${error.hint}`;
  return '\n  DABOOK_RUNS=<folder> names another folder for journals, DABOOK_RUNS=off keeps none';
}
