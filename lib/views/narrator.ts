import { counted } from '../counted.ts';
import type { Event, Fault, TaskEnded, TaskPlanned, TaskStatus } from '../events.ts';
import type { Form } from '../form.ts';
import { visible } from '../visible.ts';
import { duration } from './duration.ts';
import { faultInShort, faultLines } from './fault-lines.ts';
import { fewHosts } from './few-hosts.ts';
import type { Paint, Tone } from './paint.ts';
import { planLines, withFurtherSteps } from './plan-lines.ts';
import { playEndLines, playStartLines } from './play-lines.ts';
import { recapLines } from './recap.ts';
import { titleLines } from './title-lines.ts';
import { createUndone } from './undone.ts';
import { column, fitMiddle, width, wrap } from './width.ts';

interface NarratorOptions {
  readonly paint: Paint;
  readonly diff: boolean;
  readonly verbosity: number;
  /** Tell of tasks that changed nothing, too; of many hosts from -v on only. */
  readonly unchanged: boolean;
  /** Asked for each line, as a terminal may change its size. */
  readonly columns: () => number;
}

const TONES: Record<TaskStatus, Tone> = {
  ok: 'dim',
  changed: 'yellow',
  'would-change': 'yellow',
  unknown: 'cyan',
  failed: 'red',
  lost: 'red',
  skipped: 'cyan',
  waiting: 'magenta',
};
/** What is yet to be done. */
const isAhead: ReadonlySet<TaskStatus> = new Set(['would-change', 'unknown', 'waiting']);
const LONGEST_PADDING = 24;
const INDENT = '    ';
/** Columns that a command is cut to at least. */
const NARROWEST = 20;

/**
 * Tells a run: makes of each event the lines that it is worth, most often none. It remembers what a later
 * line needs: the plans of tasks under way, and which faults are told already.
 */
export function createNarrator(options: NarratorOptions): (event: Event) => string[] {
  const { paint, verbosity } = options;
  const plans = new Map<number, TaskPlanned>();
  const reasons = new Map<string, string>();
  const told = new Set<string>();
  const lost = new Set<string>();
  /** What is waited for, each form once. */
  const forms = new Map<string, Form>();
  const undone = createUndone();
  /** What the plays took on each host, where there are many. */
  const seconds = new Map<string, number>();
  let isMany = false;
  let hostColumns = 0;
  let check = false;
  let statusColumns = 'changed'.length;

  const indented = (lines: readonly string[]) => lines.map((line) => INDENT + line);

  // Padded, never cut: a name is what a reader searches for.
  const named = (host: string) => column(visible(host), Math.max(hostColumns, width(visible(host))));

  const row = (host: string, status: string, tone: Tone): { head: string; columns: number } => {
    const label = column(status, Math.max(statusColumns, status.length));
    const columns = width(named(host)) + 2 + width(label) + 2;
    return { head: `${named(host)}  ${paint(tone, label)}  `, columns };
  };

  const titled = (host: string, status: string, tone: Tone, title: string, suffix = ''): string[] => {
    const { head, columns } = row(host, status, tone);
    const end = { text: suffix, painted: (text: string) => paint('dim', text) };
    return titleLines({ text: head, columns }, visible(title), end, options.columns());
  };

  const faultOnce = (host: string, fault: Fault): string[] => {
    const isNew = !told.has(keyOf(fault, host));
    told.add(keyOf(fault, host)).add(keyOf(fault));
    return isNew ? indented(faultLines(fault, paint)) : [];
  };

  const details = (plan: TaskPlanned | undefined): string[] => {
    if (plan === undefined) return [];
    const columns = options.columns() - INDENT.length;
    return indented(
      planLines(plan, { paint, columns, diff: options.diff, steps: verbosity >= 1, isAhead: check }),
    );
  };

  const taskEnded = (event: TaskEnded): string[] => {
    const plan = plans.get(event.task);
    plans.delete(event.task);
    // Its host was told lost already, and is no news of each task that it had.
    if (event.fault?.code === 'unreachable' && lost.has(event.host)) return [];
    const quiet = event.status === 'ok' || event.status === 'skipped';
    if (quiet && (!options.unchanged || (isMany && verbosity < 1))) return [];
    if (event.fault !== undefined && !reasons.has(event.host)) {
      reasons.set(event.host, `${visible(event.title)}: ${faultInShort(event.fault)}`);
    }
    const took = event.seconds < 0.05 ? '' : `  (${duration(event.seconds)})`;
    // What it took is in the events; before it is done it is to be known.
    const root = check && event.asRoot && isAhead.has(event.status) ? '  (as root)' : '';
    const label = labelOf(event.status, check);
    const lines = titled(event.host, label, TONES[event.status], event.title, root + took);
    const notes = event.note === undefined ? [] : indented([paint('dim', visible(event.note))]);
    const fault = event.fault === undefined ? [] : faultOnce(event.host, event.fault);
    switch (event.status) {
      case 'ok':
        return [...lines.map((line) => paint('dim', line)), ...notes];
      case 'failed': {
        // What it did not come to must not read as if it had been done.
        const meant = plan?.opaque ? [] : details(plan);
        return [
          ...lines,
          ...notes,
          ...fault,
          ...(meant.length > 0 ? indented(['it was meant to change:']) : []),
          ...meant,
        ];
      }
      case 'waiting':
        if (event.form !== undefined) forms.set(JSON.stringify(event.form), event.form);
        // What it is that waits is told at the end, where nothing scrolls it away.
        return [...lines, ...notes];
      default:
        return [...lines, ...notes, ...details(plan), ...fault];
    }
  };

  return (event) => {
    undone.handle(event);
    switch (event.type) {
      case 'run.started': {
        hostColumns = Math.min(
          LONGEST_PADDING,
          Math.max(0, ...event.hosts.map((host) => width(visible(host)))),
        );
        isMany = event.hosts.length > fewHosts;
        check = event.check;
        if (check) statusColumns = 'would change'.length;
        const head = `${visible(event.playbook)} on ${counted(event.hosts.length, 'host')}`;
        const mode = paint('cyan', 'CHECK MODE: nothing will be written');
        return [check ? `${paint('bold', head)}  ${mode}` : paint('bold', head)];
      }
      case 'play.started':
        return playStartLines(event, paint);
      case 'play.ended':
        // Of many hosts nothing else may have told that it is over.
        return playEndLines(event, paint, isMany);
      case 'task.started':
      case 'command.started':
      case 'command.progress':
      case 'host.started':
      case 'step.started':
      case 'step.ended':
        return [];
      case 'host.lost':
        return titled(event.host, 'lost', 'yellow', `${faultInShort(event.fault)}; connecting again`);
      case 'host.connected':
        if (verbosity < 2) return [];
        return [
          `${row(event.host, 'connect', 'dim').head}${paint('dim', `(${event.seconds.toFixed(2)} s)`)}`,
        ];
      case 'host.ended':
        if (isMany) seconds.set(event.host, (seconds.get(event.host) ?? 0) + event.seconds);
        return [];
      case 'task.planned':
        plans.set(event.task, withFurtherSteps(plans.get(event.task), event));
        return [];
      case 'command.ended': {
        if (verbosity < 2) return [];
        const outcome = `  (status ${event.status}, ${event.seconds.toFixed(2)} s, trip ${event.trip})`;
        const { head, columns } = row(event.host, event.purpose, 'dim');
        const room = Math.max(options.columns() - columns - outcome.length, NARROWEST);
        return [head + fitMiddle(visible(event.shown), room) + paint('dim', outcome)];
      }
      case 'task.ended':
        return taskEnded(event);
      case 'host.unreachable': {
        const short = faultInShort(event.fault);
        reasons.set(event.host, short);
        lost.add(event.host);
        return [
          ...titled(event.host, 'unreachable', 'red', 'it gets no further tasks'),
          ...faultOnce(event.host, event.fault),
        ];
      }
      case 'warning': {
        const whose = event.host === undefined ? '' : `${named(event.host)}  `;
        const [first = '', ...more] = wrap(
          `warning: ${visible(event.message)}`,
          Math.max(options.columns() - width(whose), NARROWEST),
        );
        const indent = ' '.repeat(width(whose) + 2);
        return [
          whose + first.replace(/^warning:/, paint('yellow', 'warning:')),
          ...more.map((line) => indent + line),
        ];
      }
      case 'run.ended': {
        const fault = event.fault !== undefined && !told.has(keyOf(event.fault)) ? event.fault : undefined;
        return recapLines(event, {
          paint,
          columns: options.columns(),
          reasons,
          fault,
          undone: undone.steps,
          forms: [...forms.values()],
          seconds,
          roundTrips: verbosity >= 2,
        });
      }
    }
  };
}

function labelOf(status: TaskStatus, check: boolean): string {
  if (status === 'failed' && check) return 'would fail';
  return status === 'would-change' ? 'would change' : status;
}

/** What makes two faults the same one to their reader; with a host, on that host. */
function keyOf(fault: Fault, host?: string): string {
  return JSON.stringify([fault.code, fault.message, host]);
}
