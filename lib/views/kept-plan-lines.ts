import { counted } from '../counted.ts';
import type { Change } from '../events.ts';
import type { PlannedTask } from '../plan/kept-plan.ts';
import { visible } from '../visible.ts';
import { changeLines } from './change-lines.ts';
import type { Paint, Tone } from './paint.ts';
import { withoutChecksums } from './plan-lines.ts';
import { fit, width, wrap } from './width.ts';

interface Style {
  /** The hosts in their order. */
  readonly hosts: readonly string[];
  readonly paint: Paint;
  readonly columns: number;
  /** Whole texts as a unified diff. */
  readonly diff: boolean;
  readonly steps: boolean;
  /** What it is not whole for: `1 would fail`. */
  readonly notWhole?: string | undefined;
}

type Sign = '+' | '~' | '-' | '?' | '>' | '!';

const tones: Record<Sign, Tone> = {
  '+': 'green',
  '~': 'yellow',
  '-': 'red',
  '?': 'cyan',
  '>': 'yellow',
  '!': 'magenta',
};

/** What a run would do: host by host, hosts of which the same is said together; then what cannot be undone; a count. */
export function keptPlanLines(tasks: readonly PlannedTask[], style: Style): string[] {
  const { paint, columns } = style;
  const groups = alike(tasks, style.hosts).flatMap(({ hosts, tasks }) => {
    const count = hosts.length > 1 ? `  ${paint('dim', `(${counted(hosts.length, 'host')})`)}` : '';
    return [
      '',
      `${namesOf(hosts, columns - 14)
        .map((line) => paint('bold', line))
        .join('\n')}${count}`,
      ...tasks.flatMap((task) => taskLines(task, style)),
    ];
  });
  return [...groups, ...destroyedLines(tasks, style), '', paint('bold', sumLine(tasks, style.notWhole))];
}

function taskLines(task: PlannedTask, style: Style): string[] {
  const { paint, columns } = style;
  const sign = signOf(task);
  const root = task.asRoot ? `  ${paint('dim', '(as root)')}` : '';
  const room = columns - 4 - (task.asRoot ? 11 : 0);
  const indented = { ...style, columns: columns - 6 };
  return [
    `  ${paint(tones[sign], sign)} ${fit(visible(task.title), room)}${root}`,
    ...(task.status === 'unknown' ? [`      ${paint('dim', 'known after apply')}`] : []),
    ...(task.status === 'waiting'
      ? [`      ${paint('dim', 'to be done by hand: the run asks, or ends here')}`]
      : []),
    ...(task.doubt === undefined
      ? []
      : wrapped(task.doubt, columns - 6).map((line) => `      ${paint('magenta', line)}`)),
    ...(task.opaque ? [`      ${paint('dim', 'always runs (nothing to observe)')}`] : []),
    ...shownChanges(task).flatMap((change) => changeLines(change, indented).map((line) => `      ${line}`)),
    ...(task.leads ?? []).map((text) => `      ${paint('dim', visible(text))}`),
    ...(style.steps ? task.steps.map((step) => `      ${paint('dim', `> ${visible(step)}`)}`) : []),
  ];
}

/**
 * What an opaque task is said to change tells nobody anything, nor do the answers that nobody has given yet; that a thing
 * comes or goes its sign says.
 */
function shownChanges({ opaque, status, changes }: PlannedTask) {
  if (opaque || status === 'waiting') return [];
  return withoutChecksums(changes).filter((change) => !comesOrGoes(change));
}

function signOf({ status, opaque, changes }: PlannedTask): Sign {
  if (status === 'unknown') return '?';
  if (status === 'waiting') return '!';
  if (opaque) return '>';
  const whole = changes.find(comesOrGoes);
  if (whole !== undefined) return whole.op === 'change' && whole.from === missing ? '+' : '-';
  const ops = new Set(changes.map(({ op }) => op));
  if (ops.size !== 1) return '~';
  return ops.has('add') ? '+' : ops.has('remove') ? '-' : '~';
}

/** How a file's state says that there is none. */
const missing = 'missing';

/** Whether a thing is there at all after the change and was not before, or the other way round. */
function comesOrGoes(change: Change): boolean {
  return change.path === 'type' && change.op === 'change' && [change.from, change.to].includes(missing);
}

function destroyedLines(tasks: readonly PlannedTask[], { hosts, paint, columns }: Style): string[] {
  const lines = alike(
    tasks.filter(({ destroys = [] }) => destroys.length > 0),
    hosts,
  ).flatMap(({ hosts, tasks }) => {
    const names = namesOf(hosts, columns - 2);
    const [name = ''] = names;
    // Beside the names where there is room for both, else below them.
    const isBeside = names.length === 1 && width(name) <= columns / 2;
    const indent = isBeside ? width(name) + 4 : 6;
    const whats = tasks
      .flatMap(({ destroys = [] }) => destroys)
      .flatMap((what) => wrapped(what, columns - indent));
    const [first = '', ...rest] = whats;
    const below = (line: string) => ' '.repeat(indent) + line;
    return isBeside
      ? [`  ${name}  ${first}`, ...rest.map(below)]
      : [...names.map((line) => `  ${line}`), ...whats.map(below)];
  });
  return lines.length === 0
    ? []
    : ['', paint('bold', paint('red', 'Cannot be undone. This would be lost:')), ...lines];
}

function sumLine(tasks: readonly PlannedTask[], notWhole: string | undefined): string {
  if (tasks.length === 0)
    return `Plan: ${notWhole === undefined ? 'nothing to do' : `not whole: ${notWhole}`}`;
  const signs = tasks.map(signOf);
  const count = (sign: Sign) => signs.filter((each) => each === sign).length;
  const parts = [
    [count('?'), 'known after apply'],
    [count('>'), 'always run'],
    [count('!'), 'to be done by hand'],
    [tasks.filter(({ doubt }) => doubt !== undefined).length, 'may not work'],
    [tasks.flatMap(({ destroys = [] }) => destroys).length, 'cannot be undone'],
  ] as const;
  const hosts = new Set(tasks.map(({ host }) => host)).size;
  const ops = `${count('+')} to add, ${count('~')} to change, ${count('-')} to remove`;
  const more = parts.filter(([number]) => number > 0).map(([number, what]) => `, ${number} ${what}`);
  const begin = notWhole === undefined ? 'Plan: ' : `Plan: not whole: ${notWhole}; as far as it goes, `;
  return `${begin}${counted(tasks.length, 'task')} on ${counted(hosts, 'host')}: ${ops}${more.join('')}`;
}

/** All of the names, on as many lines as they take. */
function namesOf(hosts: readonly string[], columns: number): string[] {
  return wrapped(hosts.join(', '), columns);
}

function wrapped(text: string, columns: number): string[] {
  return wrap(visible(text), Math.max(20, columns));
}

/** Hosts of which the same would be done, in the order of the first of each. */
function alike(
  tasks: readonly PlannedTask[],
  order: readonly string[],
): readonly { readonly hosts: readonly string[]; readonly tasks: readonly PlannedTask[] }[] {
  const ofHost = new Map<string, PlannedTask[]>(order.map((host) => [host, []]));
  for (const task of tasks) ofHost.set(task.host, [...(ofHost.get(task.host) ?? []), task]);
  const groups = new Map<string, { hosts: string[]; tasks: PlannedTask[] }>();
  for (const [host, all] of ofHost) {
    if (all.length === 0) continue;
    const key = JSON.stringify(all.map(({ host: _host, digest: _digest, runs: _runs, ...task }) => task));
    const group = groups.get(key) ?? { hosts: [], tasks: all };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()];
}
