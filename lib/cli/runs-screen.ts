import { join } from 'node:path';
import { DabookError } from '../errors.ts';
import { findRun } from '../journal/find-run.ts';
import { runIds } from '../journal/prune-runs.ts';
import { type JournalRead, readJournal } from '../journal/read-journal.ts';
import { journalFile } from '../journal/runs-place.ts';
import type { TaskSummary } from '../journal/summarize.ts';
import { createPaint, type Paint } from '../views/paint.ts';
import { planLines } from '../views/plan-lines.ts';
import type { Io } from './io.ts';
import { runsPlace } from './runs-place.ts';

/** How the commands of `dabook runs` are told to print. */
export interface ShownAs {
  readonly json?: true;
  readonly color: boolean;
}

/** Columns of lines that have no terminal to fit into. */
export const WIDTH_OF_A_LOG = 120;

/** What they print to. */
export interface Screen {
  readonly paint: Paint;
  /** None where lines need not fit into a terminal. */
  readonly columns: number | undefined;
  print(lines: readonly string[]): void;
}

export function screenOf(io: Io, { color }: ShownAs): Screen {
  const { isTTY, columns } = io.stdout;
  const painted = color && isTTY === true && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
  return {
    paint: createPaint(painted),
    columns: isTTY ? columns : undefined,
    print: (lines) => void io.stdout.write(lines.map((line) => `${line}\n`).join('')),
  };
}

/**
 * The folder that journals are kept in.
 * @throws DabookError `usage` where none are kept
 */
export function runsFolder(io: Io): string {
  const place = runsPlace(io);
  if (place !== undefined) return place.folder;
  throw new DabookError('usage', 'no journals are kept: DABOOK_RUNS is off', {
    hint: 'unset it, or name the folder that they are in',
  });
}

/** The journal of the run that an id, a part of it or `last` stands for. */
export async function openRun(io: Io, given: string): Promise<JournalRead> {
  const folder = runsFolder(io);
  return readJournal(join(folder, findRun(await runIds(folder), given), journalFile));
}

/**
 * A time as it is printed: in UTC, as in the ids.
 * @example timeOf('2026-11-23T04:15:00.123Z') // '2026-11-23 04:15:00Z'
 */
export function timeOf(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** What a task was to change, as it is shown of a run; none where it had nothing to do. */
export function plannedLines(
  task: TaskSummary | undefined,
  paint: Paint,
  columns: number,
): readonly string[] {
  if (task === undefined || (task.changes.length === 0 && !task.opaque)) return [];
  const { changes, opaque } = task;
  const style = { paint, columns, diff: false, steps: false, isAhead: false };
  const plan = { type: 'task.planned', at: '', host: '', task: task.task, changes, steps: [] } as const;
  return planLines(opaque ? { ...plan, opaque } : plan, style);
}
