import type { MachineFacts } from './machine-facts.ts';
import type { CaseResult, ToolResult } from './result.ts';
import type { Sample } from './sample.ts';
import { spreadOf } from './statistics.ts';
import { verdictsOf } from './verdict.ts';

/** Everything that a benchmark found, as `--json` writes it. */
export interface Report {
  readonly machine: MachineFacts;
  /** The arguments that gave it. */
  readonly command: string;
  readonly cases: readonly CaseResult[];
}

/** The report as Markdown: the machine, then each case with its figures and verdicts. */
export function renderResults({ machine, command, cases }: Report): string {
  const { date, processor, cores, memory, system, kernel, node, dabook, ansible, mitogen, ssh } = machine;
  return [
    `\`${command}\`, ${date}: ${processor}, ${cores} cores, ${memory} GB, ${system}, kernel ${kernel}, Node ${node}, ` +
      `dabook ${dabook}, ansible-core ${ansible}, ansible-mitogen ${mitogen}, OpenSSH ${ssh}.`,
    ...cases.flatMap((result) => [
      `### ${result.name}`,
      `${result.title}.`,
      figures(result),
      ...result.tools.flatMap(({ name, fault }) =>
        fault === undefined ? [] : [`${name} failed: \`${fault.split('\n').slice(-1)[0]}\``],
      ),
      verdicts(result),
    ]),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

const columns: readonly [title: string, value: keyof Sample, digits: number][] = [
  ['wall s', 'seconds', 3],
  ['CPU s', 'cpu', 2],
  ['MB, all', 'memory', 0],
  ['MB, largest', 'largest', 0],
  ['round trips', 'roundTrips', 0],
  ['connections', 'connections', 0],
  ['KB', 'bytes', 0],
];

function figures({ tools }: CaseResult): string {
  const shown = columns.filter(([, measure]) =>
    tools.some(({ samples, counts }) => [counts, ...samples].some((sample) => sample[measure] !== undefined)),
  );
  const rows = tools.map((tool) => [
    tool.name,
    String(tool.samples.length),
    ...shown.map(([, measure, digits]) => figure(tool, measure, digits)),
  ]);
  return table(['tool', 'runs', ...shown.map(([title]) => title)], rows);
}

function figure({ samples, counts }: ToolResult, measure: keyof Sample, digits: number): string {
  const unit = measure === 'bytes' ? 1000 : 1;
  const text = (value: number) => (value / unit).toFixed(digits);
  const measured = samples.map((sample) => sample[measure]).filter((value) => value !== undefined);
  const spread = spreadOf(measured);
  if (spread === undefined) return counts[measure] === undefined ? '' : text(counts[measure]);
  const { median, min, max } = spread;
  return min === max ? text(median) : `${text(median)} (${text(min)}-${text(max)})`;
}

function verdicts(result: CaseResult): string {
  const rows = verdictsOf(result).map(({ of, wanted, got, verdict }) => [of, wanted, got, verdict]);
  return rows.length === 0 ? '' : table(['ratio of', 'wanted', 'got', ''], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
