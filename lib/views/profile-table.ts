import type { Paint } from './paint.ts';
import { hostRows } from './profile-host-rows.ts';
import { rowLines } from './profile-rows.ts';
import { secondsUpTo } from './profile-seconds.ts';
import type { StartUp } from './profile-start.ts';
import { taskRows } from './profile-task-rows.ts';
import type { Totals } from './profile-totals.ts';
import { wrap } from './width.ts';

interface TableStyle {
  readonly paint: Paint;
  readonly columns: number;
}

/** Hosts, and tasks, that have a line each. */
const MOST_LINES = 10;
const LEGEND = `waiting: for a slot of a play (--forks, serial). At work: what follows, added up; what went on at one time
counts once. reading: commands that ask. settle: from a step's end until what it led to was verified. other: dabook, and
what the playbook itself awaited. The first task of a list waits for the facts of all of it.`;

/** Where the time of a run went, in seconds: before it, on its hosts, and in its tasks. */
export function profileLines(totals: Totals, startUp: StartUp, { paint, columns }: TableStyle): string[] {
  const { run, hosts, tasks } = totals;
  const whole = run.end - startUp.start;
  const head = `== Profile: ${secondsUpTo(whole)(whole)} s from dabook's start to the run's end`;
  const lines = ['', paint('bold', head), ...startLines(totals, startUp, { paint, columns })];
  if (hosts.length === 0) return lines;
  const legend = wrap(LEGEND.replaceAll('\n', ' '), columns - 2).map((line) => `  ${line.trimStart()}`);
  const tables = [hostRows(hosts, MOST_LINES), taskRows(tasks, MOST_LINES)].filter((rows) => rows.length > 0);
  return [
    ...lines,
    ...tables.flatMap((rows) => ['', ...rowLines(rows, columns, paint)]),
    '',
    ...legend.map((line) => paint('dim', line)),
  ];
}

function startLines({ run }: Totals, { start, phases }: StartUp, { paint, columns }: TableStyle): string[] {
  const seconds = secondsUpTo(run.end - start);
  const row = (name: string, time: number) => `  ${name}  ${seconds(time).padStart(6)}  `;
  const before = row('before the run', Math.max(0, run.start - start));
  let until = start;
  let text = '';
  for (const phase of phases.toSorted((a, b) => a.start - b.start)) {
    const between = text === '' ? '' : phase.start < until ? ' beside ' : ', ';
    text += `${between}${phase.name} ${seconds(phase.end - phase.start)}`;
    until = Math.max(until, phase.end);
  }
  const [first = '', ...more] = wrap(text, columns - before.length);
  return [
    before + paint('dim', first),
    ...more.map((line) => ' '.repeat(before.length) + paint('dim', line.trimStart())),
    row('the run itself', run.end - run.start).trimEnd(),
  ];
}
