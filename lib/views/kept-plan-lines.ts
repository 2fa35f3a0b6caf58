import { counted } from '../counted.ts';
import type { PlannedTask } from '../plan/kept-plan.ts';
import { visible } from '../visible.ts';
import { changeLines } from './change-lines.ts';
import type { Paint, Tone } from './paint.ts';
import { withoutChecksums } from './plan-lines.ts';
import { fit, wrap } from './width.ts';

interface Style {
  /** The hosts in their order. */
  readonly hosts: readonly string[];
  readonly paint: Paint;
  readonly columns: number;
  /** Whole texts as a unified diff. */
  readonly diff: boolean;
  readonly steps: boolean;
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
    const names = hosts.map(visible).join(', ');
    const count = hosts.length > 1 ? `  ${paint('dim', `(${counted(hosts.length, 'host')})`)}` : '';
    return [
      '',
      `${paint('bold', fit(names, columns - 12))}${count}`,
      ...tasks.flatMap((task) => taskLines(task, style)),
    ];
  });
  return [...groups, ...destroyedLines(tasks, style), '', paint('bold', sumLine(tasks))];
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
    ...(task.opaque ? [`      ${paint('dim', 'always runs (nothing to observe)')}`] : []),
    ...shownChanges(task).flatMap((change) => changeLines(change, indented).map((line) => `      ${line}`)),
    ...(style.steps ? task.steps.map((step) => `      ${paint('dim', `> ${visible(step)}`)}`) : []),
  ];
}

/** What an opaque task is said to change tells nobody anything, nor do the answers that nobody has given yet. */
function shownChanges({ opaque, status, changes }: PlannedTask) {
  return opaque || status === 'waiting' ? [] : withoutChecksums(changes);
}

function signOf({ status, opaque, changes }: PlannedTask): Sign {
  if (status === 'unknown') return '?';
  if (status === 'waiting') return '!';
  if (opaque) return '>';
  const ops = new Set(changes.map(({ op }) => op));
  if (ops.size !== 1) return '~';
  return ops.has('add') ? '+' : ops.has('remove') ? '-' : '~';
}

function destroyedLines(tasks: readonly PlannedTask[], { paint, columns }: Style): string[] {
  const lines = tasks.flatMap(({ host, destroys = [] }) =>
    destroys.flatMap((what) => {
      const head = `  ${visible(host)}  `;
      return wrap(visible(what), Math.max(20, columns - head.length)).map(
        (line, index) => (index === 0 ? head : ' '.repeat(head.length)) + line,
      );
    }),
  );
  return lines.length === 0
    ? []
    : ['', paint('bold', paint('red', 'Cannot be undone. This would be lost:')), ...lines];
}

function sumLine(tasks: readonly PlannedTask[]): string {
  if (tasks.length === 0) return 'Plan: nothing to do';
  const changes = tasks.flatMap(shownChanges);
  const ops = (['add', 'change', 'remove'] as const).map(
    (op) => `${changes.filter((change) => change.op === op).length} to ${op}`,
  );
  const count = (is: (task: PlannedTask) => unknown) => tasks.filter(is).length;
  const parts = [
    [count(({ status }) => status === 'unknown'), 'known after apply'],
    [count(({ opaque }) => opaque), 'always run'],
    [count(({ status }) => status === 'waiting'), 'to be done by hand'],
    [tasks.flatMap(({ destroys = [] }) => destroys).length, 'cannot be undone'],
  ] as const;
  const hosts = new Set(tasks.map(({ host }) => host)).size;
  const more = parts.filter(([number]) => number > 0).map(([number, what]) => `, ${number} ${what}`);
  return `Plan: ${counted(tasks.length, 'task')} on ${counted(hosts, 'host')}: ${ops.join(', ')}${more.join('')}`;
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
    const key = JSON.stringify(all.map(({ host: _host, digest: _digest, ...task }) => task));
    const group = groups.get(key) ?? { hosts: [], tasks: all };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()];
}
