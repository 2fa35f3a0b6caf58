import { counted } from '../counted.ts';
import type { Counts, Fault, RunEnded } from '../events.ts';
import type { Form } from '../form.ts';
import { visible } from '../visible.ts';
import { duration } from './duration.ts';
import { faultInShort, faultLines } from './fault-lines.ts';
import { fewHosts } from './few-hosts.ts';
import { formLines } from './form-lines.ts';
import { roundTripLines, slowestLines } from './pace-lines.ts';
import type { Paint, Tone } from './paint.ts';
import type { UndoneStep } from './undone.ts';
import { column, fit, width, wrap } from './width.ts';

/** Hosts whose counts are alike are summed up; this many sums, the largest. */
const MOST_SUMS = 8;
/** So many steps that are left undone are told. */
const MOST_UNDONE = 20;
const KINDS = ['ok', 'changed', 'unknown', 'failed', 'lost', 'unreachable', 'skipped', 'waiting'] as const;
const TONES: Record<keyof Counts, Tone> = {
  ok: 'green',
  changed: 'yellow',
  unknown: 'cyan',
  failed: 'red',
  lost: 'red',
  unreachable: 'red',
  skipped: 'cyan',
  waiting: 'magenta',
};

/** What is said of a check instead. */
const inCheck: Partial<Record<keyof Counts, string>> = {
  changed: 'would change',
  unknown: 'known after apply',
  failed: 'would fail',
};

interface RecapStyle {
  readonly paint: Paint;
  readonly columns: number;
  /** Why a host failed or is unreachable, in a few words. */
  readonly reasons: ReadonlyMap<string, string>;
  /** What ended the run, where it is not told yet. */
  readonly fault?: Fault | undefined;
  /** Steps that a run which ended early has not done. */
  readonly undone: readonly UndoneStep[];
  /** What the run waits for. */
  readonly forms: readonly Form[];
  /** What the plays took on each host. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Tell how often the hosts were waited for. */
  readonly roundTrips: boolean;
}

/** What a run came to: trouble first, then each host's counts, and everything in one last line. */
export function recapLines(event: RunEnded, style: RecapStyle): string[] {
  const hosts = Object.entries(event.hosts);
  const troubled = hosts.filter(([, counts]) => troubleOf(counts) !== undefined);
  const { paint } = style;
  // No host failed, so no count below says that the run did.
  const broken = event.outcome === 'failed' && troubled.length === 0;
  const head = `== Recap: ${hostTotals(hosts, event)}`;
  return [
    '',
    paint('bold', broken ? `${head}, ${paint('red', 'the playbook failed')}` : head),
    ...troubleLines(troubled, event.check, style),
    ...countLines(hosts, event.check, style),
    ...slowestLines(style.seconds, style.columns).map((line) => paint('dim', line)),
    ...(style.roundTrips ? roundTripLines(event.roundTrips, style.columns) : []),
    ...(style.fault === undefined ? [] : ['', ...faultLines(style.fault, paint)]),
    // Nothing was begun where another run is at work.
    ...(event.outcome === 'locked' ? [] : undoneLines(style)),
    '',
    paint('bold', lastLine(event, hosts)),
    ...(broken ? [paint('bold', paint('red', whyBroken(event.fault)))] : []),
    ...style.forms.flatMap((form) => ['', ...formLines(form, paint, style.columns)]),
  ];
}

function undoneLines({ undone, paint, columns }: RecapStyle): string[] {
  if (undone.length === 0) return [];
  const lines = undone.slice(0, MOST_UNDONE).map(({ host, title, shown, isBegun }) => {
    const how = isBegun ? 'ended in the middle: whether it was done is not known' : 'not begun';
    return `  ${fit(`${visible(host)}  ${visible(title)}: ${visible(shown)}`, Math.max(20, columns - how.length - 6))}  ${paint('dim', `(${how})`)}`;
  });
  const more = undone.length - lines.length;
  return ['', paint('bold', 'Left undone:'), ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

function whyBroken(fault: Fault | undefined): string {
  return fault === undefined ? 'the playbook failed' : `the playbook failed: ${faultInShort(fault)}`;
}

const TROUBLES = ['failed', 'lost', 'unreachable'] as const;
type Trouble = (typeof TROUBLES)[number];

/** The worst of what a host is: of one that was lost nobody knows what was done there. */
function troubleOf(counts: Counts): Trouble | undefined {
  if (counts.lost > 0) return 'lost';
  if (counts.unreachable > 0) return 'unreachable';
  return counts.failed > 0 ? 'failed' : undefined;
}

function troubleWord(kind: Trouble | undefined, check: boolean): string {
  return (kind && check ? inCheck[kind] : undefined) ?? kind ?? '';
}

type HostCounts = readonly [host: string, counts: Counts];

function hostTotals(hosts: readonly HostCounts[], { outcome, check }: RunEnded): string {
  const countOf = (kind: Trouble) => hosts.filter(([, counts]) => troubleOf(counts) === kind).length;
  const waiting = hosts.filter(([, counts]) => counts.waiting > 0).length;
  const trouble = [
    ...TROUBLES.flatMap((kind) =>
      countOf(kind) > 0 ? [`${countOf(kind)} ${troubleWord(kind, check)}`] : [],
    ),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  return [counted(hosts.length, 'host'), ...trouble, ...(outcome === 'ok' ? ['no trouble'] : [])].join(', ');
}

function troubleLines(
  troubled: readonly HostCounts[],
  check: boolean,
  { paint, columns, reasons }: RecapStyle,
): string[] {
  const names = nameColumns(troubled);
  const lines = troubled.slice(0, fewHosts).flatMap(([host, counts]) => {
    const kind = troubleWord(troubleOf(counts), check);
    const reason = reasons.get(host) ?? '';
    const head = `  ${column(visible(host), names)}  ${paint('red', kind.padEnd(11))}`;
    const beside = names + 'unreachable'.length + 6;
    if (reason === '' || beside + width(reason) <= columns) return [`${head}  ${reason}`.trimEnd()];
    return [head.trimEnd(), ...wrap(reason, Math.max(20, columns - 6)).map((line) => `      ${line}`)];
  });
  const rest = troubled.slice(fewHosts).map(([host]) => visible(host));
  // All of their names: they are what the next run is limited to.
  return rest.length === 0 ? lines : [...lines, ...wrapped(`  and ${rest.length} more: `, rest, columns)];
}

function countLines(hosts: readonly HostCounts[], check: boolean, style: RecapStyle): string[] {
  const { paint, columns } = style;
  const digits = (kind: keyof Counts) => Math.max(...hosts.map(([, counts]) => String(counts[kind]).length));
  const widths = new Map(KINDS.map((kind) => [kind, digits(kind)]));
  // Most runs lose nothing and wait for nobody.
  const shown = KINDS.filter(
    (kind) => !['unknown', 'lost', 'waiting'].includes(kind) || hosts.some(([, counts]) => counts[kind] > 0),
  );
  const cells = (counts: Counts): string =>
    shown
      .map((kind) => {
        const label = check ? (inCheck[kind] ?? kind) : kind;
        const cell = `${label} ${String(counts[kind]).padStart(widths.get(kind) ?? 0)}`;
        return paint(counts[kind] === 0 ? 'dim' : TONES[kind], cell);
      })
      .join('  ');

  const ran = hosts.filter(([, counts]) => KINDS.some((kind) => counts[kind] > 0));
  const idle = hosts.filter(([, counts]) => KINDS.every((kind) => counts[kind] === 0));
  return [...ranLines(), ...notRunLines(idle, style)];

  function ranLines(): string[] {
    if (ran.length <= fewHosts) {
      const names = nameColumns(ran);
      return ran.map(([host, counts]) => `  ${column(visible(host), names)}  ${cells(counts)}`);
    }
    const sums = alike(ran);
    const lines = sums
      .slice(0, MOST_SUMS)
      .flatMap(({ counts, names }) => [
        `  ${counted(names.length, 'host').padEnd(9)}  ${cells(counts)}`,
        paint('dim', `    ${fit(names.join(', '), columns - 4)}`),
      ]);
    const rest = sums.slice(MOST_SUMS).flatMap(({ names }) => names);
    if (rest.length === 0) return lines;
    const head = `  ${counted(rest.length, 'more host')}, with other counts: `;
    return [...lines, paint('dim', head + fit(rest.join(', '), Math.max(20, columns - head.length)))];
  }
}

/** Hosts on which nothing was done, in one line: zeros would read as if there had been nothing to do. */
function notRunLines(hosts: readonly HostCounts[], { paint, columns }: RecapStyle): string[] {
  if (hosts.length === 0) return [];
  const names = hosts.map(([host]) => visible(host)).join(', ');
  const head = hosts.length > fewHosts ? `  not run (${counted(hosts.length, 'host')}): ` : '  not run: ';
  return [paint('dim', head + fit(names, Math.max(20, columns - head.length)))];
}

/** Hosts with equal counts, the largest such group first. */
function alike(hosts: readonly HostCounts[]): { counts: Counts; names: string[] }[] {
  const groups = new Map<string, { counts: Counts; names: string[] }>();
  for (const [host, counts] of hosts) {
    const key = KINDS.map((kind) => counts[kind]).join();
    const group = groups.get(key) ?? { counts, names: [] };
    group.names.push(visible(host));
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.names.length - a.names.length);
}

function lastLine(event: RunEnded, hosts: readonly HostCounts[]): string {
  const sum = (kind: keyof Counts) => hosts.reduce((total, [, counts]) => total + counts[kind], 0);
  const parts = [
    `${sum('ok')} ok`,
    ...(['changed', 'failed'] as const).map((kind) => `${sum(kind)} ${event.check ? inCheck[kind] : kind}`),
    ...(['unknown', 'lost', 'unreachable', 'skipped', 'waiting'] as const)
      .filter((kind) => sum(kind) > 0)
      .map((kind) => `${sum(kind)} ${event.check ? (inCheck[kind] ?? kind) : kind}`),
  ];
  const interrupted = event.outcome === 'interrupted' ? ', interrupted' : '';
  const check = event.check ? '; check mode, nothing was written' : '';
  const total = `${counted(hosts.length, 'host')}: ${parts.join(', ')}`;
  return `${total} in ${duration(event.seconds)}${interrupted}${check}`;
}

function nameColumns(hosts: readonly HostCounts[]): number {
  return Math.max(0, ...hosts.map(([host]) => width(visible(host))));
}

function wrapped(head: string, names: readonly string[], columns: number): string[] {
  const lines = [head];
  for (const [index, name] of names.entries()) {
    const text = index === names.length - 1 ? name : `${name}, `;
    const line = lines.at(-1) ?? '';
    if (width(line) + width(text) > columns && line !== head) lines.push(`    ${text}`);
    else lines[lines.length - 1] = line + text;
  }
  return lines.map((line) => line.trimEnd());
}
