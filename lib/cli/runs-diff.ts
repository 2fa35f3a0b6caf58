import { counted } from '../counted.ts';
import { diffRuns, type TaskDifference } from '../journal/diff-runs.ts';
import { type RunSummary, summarize, type TaskSummary } from '../journal/summarize.ts';
import type { Paint, Tone } from '../views/paint.ts';
import { visible } from '../visible.ts';
import type { Io } from './io.ts';
import {
  openRun,
  plannedLines,
  type Screen,
  type ShownAs,
  screenOf,
  timeOf,
  WIDTH_OF_A_LOG,
} from './runs-screen.ts';

/** `dabook runs diff`: what two runs did differently. Hosts with the same differences are told of together. */
export async function showDifference(io: Io, before: string, after: string, shown: ShownAs): Promise<void> {
  const [earlier, later] = [summarize(await openRun(io, before)), summarize(await openRun(io, after))];
  const screen = screenOf(io, shown);
  const { paint, print } = screen;
  const { tasks: differences, onlyBefore, onlyAfter } = diffRuns(earlier, later);
  const groups = alike(differences, screen);
  print([
    `${paint('red', '-')} ${headOf(earlier)}`,
    `${paint('green', '+')} ${headOf(later)}`,
    ...groups.flatMap(({ hosts, lines }) => ['', paint('bold', visible(hosts.join(', '))), ...lines]),
    ...only('-', 'red', onlyBefore, earlier, paint),
    ...only('+', 'green', onlyAfter, later, paint),
    '',
    differences.length + onlyBefore.length + onlyAfter.length === 0
      ? 'no differences: the same tasks, with the same outcome, changes and steps'
      : `${counted(differences.length, 'difference')} on ${counted(new Set(differences.map(({ host }) => host)).size, 'host')}`,
  ]);
}

function only(sign: string, tone: Tone, hosts: readonly string[], run: RunSummary, paint: Paint) {
  if (hosts.length === 0) return [];
  return ['', `${paint(tone, sign)} ${visible(`only in ${run.meta.run}: ${hosts.join(', ')}`)}`];
}

function headOf({ meta, state, end, git }: RunSummary): string {
  const commit = git?.commit === undefined ? '' : `, commit ${git.commit.slice(0, 12)}`;
  const check = meta.options.check ? ', check mode' : '';
  return visible(
    `${meta.run}  ${timeOf(meta.at)}  ${meta.playbook.name}: ${end?.outcome ?? state}${check}${commit}`,
  );
}

function alike(differences: readonly TaskDifference[], screen: Screen) {
  const byHost = new Map<string, string[]>();
  for (const difference of differences) {
    const lines = byHost.get(difference.host) ?? [];
    byHost.set(difference.host, [...lines, ...linesOf(difference, screen)]);
  }
  const groups = new Map<string, { readonly hosts: string[]; readonly lines: readonly string[] }>();
  for (const [host, lines] of byHost) {
    const key = lines.join('\n');
    const group = groups.get(key) ?? { hosts: [], lines };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function linesOf(difference: TaskDifference, { paint, columns }: Screen): readonly string[] {
  const { before, after, title, play, inStatus, inChanges, inSteps } = difference;
  const status = inStatus ? `${statusOf(before)} -> ${statusOf(after)}` : statusOf(after);
  const where = play === undefined ? '' : paint('dim', `  ${visible(play)}`);
  const changes = (task: TaskSummary | undefined) =>
    plannedLines(task, paint, (columns ?? WIDTH_OF_A_LOG) - 6);
  return [
    `  ${visible(title)}: ${paint(inStatus ? 'yellow' : 'dim', status)}${where}`,
    ...(inChanges ? changed(changes(before), changes(after), paint) : []),
    ...(inSteps ? changed(stepsOf(before), stepsOf(after), paint) : []),
  ];
}

/** Lines of one run alone, and then those of the other. */
function changed(before: readonly string[], after: readonly string[], paint: Paint): readonly string[] {
  const signed = (sign: string, tone: Tone, lines: readonly string[], others: readonly string[]) =>
    lines.filter((line) => !others.includes(line)).map((line) => `    ${paint(tone, sign)} ${line}`);
  return [...signed('-', 'red', before, after), ...signed('+', 'green', after, before)];
}

function statusOf(task: TaskSummary | undefined): string {
  if (task === undefined) return 'not begun';
  return task.ended?.status ?? 'not ended';
}

function stepsOf(task: TaskSummary | undefined): readonly string[] {
  return (task?.steps ?? []).map(
    ({ shown, outcome }) => `> ${visible(shown)}  (${outcome ?? 'never confirmed'})`,
  );
}
