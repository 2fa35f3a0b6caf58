import { messageOf } from '../errors.ts';
import { listRuns, type RunInShort } from '../journal/list-runs.ts';
import { jsonLine } from '../json-line.ts';
import type { Tone } from '../views/paint.ts';
import { column, fit, width } from '../views/width.ts';
import { visible } from '../visible.ts';
import type { Io } from './io.ts';
import { runsFolder, type ShownAs, screenOf, timeOf } from './runs-screen.ts';
import { warn } from './warn.ts';

const HEAD = ['run', 'begun', 'playbook', 'by', 'outcome', 'hosts', 'changed', 'seconds'] as const;
const PLAYBOOK = 2;
const OUTCOME = 4;
/** Cells from here on are numbers. */
const NUMBERS = 5;
const NARROWEST = 10;

/** `dabook runs list`: a table of the runs, the latest at the end. Those that cannot be read are told on stderr. */
export async function showRuns(io: Io, shown: ShownAs): Promise<void> {
  const folder = runsFolder(io);
  const runs: RunInShort[] = [];
  for (const run of await listRuns(folder)) {
    if ('error' in run) warn(io, `run ${run.run} cannot be shown: ${messageOf(run.error)}`);
    else runs.push(run);
  }
  if (shown.json) return void io.stdout.write(runs.map(jsonLine).join(''));
  const { paint, columns, print } = screenOf(io, shown);
  if (runs.length === 0) return print([`no runs are kept in ${visible(folder)}`]);

  const rows = runs.map(cellsOf);
  const widths = HEAD.map((head, at) => Math.max(width(head), ...rows.map((row) => width(row[at] ?? ''))));
  const beside = widths.reduce((sum, each) => sum + each + 2, 0) - (widths[PLAYBOOK] ?? 0) - 2;
  if (columns !== undefined) {
    widths[PLAYBOOK] = Math.min(widths[PLAYBOOK] ?? 0, Math.max(NARROWEST, columns - beside));
  }
  const line = (cells: readonly string[], tone?: Tone) =>
    cells
      .map((cell, at) => {
        const wide = widths[at] ?? 0;
        const text = at < NUMBERS ? column(fit(cell, wide), wide) : cell.padStart(wide);
        return at === OUTCOME && tone !== undefined ? paint(tone, text) : text;
      })
      .join('  ');
  print([paint('bold', line(HEAD)), ...runs.map((run, index) => line(rows[index] ?? [], toneOf(run)))]);
}

function cellsOf(run: RunInShort): readonly string[] {
  return [
    visible(run.run),
    visible(timeOf(run.at)),
    visible(run.playbook),
    visible(`${run.user}@${run.host}`),
    `${run.outcome ?? run.state}${run.check ? ' (check)' : ''}${run.unconfirmed > 0 && run.state !== 'running' ? ' (lost)' : ''}`,
    String(run.hosts),
    String(run.changed),
    run.seconds === undefined ? '-' : run.seconds.toFixed(1),
  ];
}

function toneOf({ state, outcome }: RunInShort): Tone {
  if (state === 'running') return 'cyan';
  if (outcome === 'ok') return 'green';
  return outcome === 'waiting' ? 'magenta' : outcome === 'interrupted' ? 'yellow' : 'red';
}
