import { counted } from '../counted.ts';
import { visible } from '../visible.ts';
import { duration } from './duration.ts';
import { progressText } from './live-progress.ts';
import { hostsOf, type LiveHost, type LiveState } from './live-state.ts';
import { column, fit, width } from './width.ts';

/** The state of a host, and of a row: one word that a terminal shows as a sign. */
export type Mark =
  | 'running'
  | 'ok'
  | 'changed'
  | 'failed'
  | 'unreachable'
  | 'skipped'
  | 'held'
  | 'waiting'
  | 'more';

export interface Row {
  readonly mark: Mark;
  /** What stands after the sign: plain text that fits on the line. */
  readonly text: string;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines of the terminal that are left to what scrolls above the rows. */
const ROOM_ABOVE = 4;
/** The sign and a space before the text, and one column that stays free so that no line ever wraps. */
const BESIDE_TEXT = 3;
const ELAPSED_COLUMNS = 'mm min ss s'.length;
/** What is said of a host that waits for the operator, and not for its turn. */
const HELD = 'for answers';
const SUMMED_UP = [
  'failed',
  'unreachable',
  'held',
  'running',
  'ok',
  'changed',
  'skipped',
  'waiting',
] as const;

/**
 * The rows of a live view: one a host, and never more than fit. Where they do not fit, hosts in trouble and
 * hosts at work are shown, and the rest is summed up in the last row.
 * @param at the size of the terminal, and the time in milliseconds
 */
export function rows(state: LiveState, at: Size & { readonly now: number }): Row[] {
  const room = Math.max(1, at.rows - ROOM_ABOVE);
  const textColumns = Math.max(1, at.columns - BESIDE_TEXT);
  const hosts = hostsOf(state);
  if (hosts.length <= room) return hostRows(state, hosts, textColumns, at.now);

  const connecting = connectingRows(hosts, textColumns).slice(0, room - 1);
  const chosen = worthSeeing(hosts, room - 1 - connecting.length);
  const seen = new Set(chosen);
  const rest = hosts.filter((host) => !seen.has(host));
  const more: Row = { mark: 'more', text: fit(summary(state, rest), textColumns) };
  return [...connecting, ...hostRows(state, chosen, textColumns, at.now), more];
}

/** Many hosts take a while to be connected to, in which nothing else is to be seen. */
function connectingRows(hosts: readonly LiveHost[], columns: number): Row[] {
  let there = 0;
  let awaited = 0;
  for (const { connection, trouble } of hosts) {
    if (connection === 'there') there += 1;
    else if (connection === 'awaited' && trouble === undefined) awaited += 1;
  }
  if (awaited === 0) return [];
  const text = `connecting to ${counted(awaited, 'host')}, ${there} of ${hosts.length} connected`;
  return [{ mark: 'running', text: fit(text, columns) }];
}

/** The one word for a host: its work, else its trouble, else the most that its tasks came to. */
function markOf(host: LiveHost): Exclude<Mark, 'more'> {
  if (host.open.length > 0) return 'running';
  if (host.trouble !== undefined) return host.trouble.kind;
  if (host.held !== undefined) return 'held';
  if (host.waiting) return 'waiting';
  if (host.changed > 0) return 'changed';
  if (host.ok > 0) return 'ok';
  return host.skipped > 0 ? 'skipped' : 'waiting';
}

/** Trouble has up to half of the room, work the rest; whatever neither needs goes to the others. */
function worthSeeing(hosts: readonly LiveHost[], room: number): LiveHost[] {
  const trouble: LiveHost[] = [];
  const working: LiveHost[] = [];
  const others: LiveHost[] = [];
  for (const host of hosts) {
    const isNews = host.trouble !== undefined || host.held !== undefined;
    (host.open.length > 0 ? working : isNews ? trouble : others).push(host);
  }
  // The longest at work first: who waits for a slow host wants to see it.
  working.sort((a, b) => (a.open[0]?.since ?? 0) - (b.open[0]?.since ?? 0));
  const half = Math.max(Math.ceil(room / 2), room - working.length);
  const shown = trouble.slice(0, half);
  return [...shown, ...working, ...trouble.slice(half), ...others].slice(0, room);
}

function hostRows(state: LiveState, hosts: readonly LiveHost[], columns: number, now: number): Row[] {
  const longest = Math.max(0, ...hosts.map(({ name }) => width(visible(name))));
  const nameColumns = Math.min(longest, Math.floor(columns / 3));
  return hosts.map((host) => {
    const text = `${column(visible(host.name), nameColumns)}  ${story(state, host, now)}`;
    const { progress } = host.open.at(-1) ?? {};
    const end = progress === undefined ? '' : `  ${progressText(progress.sent, progress.size)}`;
    const room = columns - end.length;
    // What moves is not what is cut.
    return { mark: markOf(host), text: room < 1 ? fit(text, columns) : fit(text, room) + end };
  });
}

function story(state: LiveState, host: LiveHost, now: number): string {
  const task = host.open.at(-1);
  if (task !== undefined) {
    const elapsed = duration(Math.max(0, now - task.since) / 1000);
    return `${elapsed.padStart(ELAPSED_COLUMNS)}  ${visible(task.title)}`;
  }
  const blank = ' '.repeat(ELAPSED_COLUMNS);
  if (host.trouble !== undefined) {
    return `${host.trouble.kind.padStart(ELAPSED_COLUMNS)}  ${visible(host.trouble.reason)}`;
  }
  if (host.held !== undefined) return `${HELD.padStart(ELAPSED_COLUMNS)}  ${visible(host.held)}`;
  const counts = [
    ...(host.ok > 0 ? [`${host.ok} ok`] : []),
    ...(host.changed > 0 ? [`${host.changed} ${state.check ? 'would change' : 'changed'}`] : []),
    ...(host.skipped > 0 ? [`${host.skipped} skipped`] : []),
  ].join(', ');
  return markOf(host) === 'waiting'
    ? `${'waiting'.padStart(ELAPSED_COLUMNS)}  ${counts}`.trimEnd()
    : `${blank}  ${counts}`;
}

function summary(state: LiveState, hosts: readonly LiveHost[]): string {
  const numbers = new Map<Mark, number>();
  for (const host of hosts) numbers.set(markOf(host), (numbers.get(markOf(host)) ?? 0) + 1);
  const parts = SUMMED_UP.flatMap((mark) => {
    const number = numbers.get(mark);
    const word = mark === 'changed' && state.check ? 'would change' : mark === 'held' ? HELD : mark;
    return number === undefined ? [] : [`${number} ${word}`];
  });
  return `${hosts.length} more: ${parts.join(', ')}`;
}
