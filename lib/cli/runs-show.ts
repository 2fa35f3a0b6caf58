import { counted } from '../counted.ts';
import type { RunMeta } from '../journal/journal-line.ts';
import { type HostSummary, type RunSummary, summarize, type TaskSummary } from '../journal/summarize.ts';
import { unconfirmed } from '../journal/troubled-hosts.ts';
import { jsonLine } from '../json-line.ts';
import { duration } from '../views/duration.ts';
import { faultInShort, faultLines } from '../views/fault-lines.ts';
import type { Paint, Tone } from '../views/paint.ts';
import { wrap } from '../views/width.ts';
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

const TONES: Readonly<Record<string, Tone>> = {
  changed: 'yellow',
  'would-change': 'yellow',
  failed: 'red',
  skipped: 'cyan',
  waiting: 'magenta',
};

/** `dabook runs show`: what a run did on each host, and what it began and never confirmed. */
export async function showOneRun(
  io: Io,
  id: string,
  shown: ShownAs & { readonly verbose?: true },
): Promise<void> {
  const read = await openRun(io, id);
  if (shown.json) return void io.stdout.write(read.lines.map(jsonLine).join(''));
  const run = summarize(read);
  const screen = screenOf(io, shown);
  const { paint } = screen;
  screen.print([
    ...beginningLines(run, paint),
    ...run.hosts.flatMap((host) => hostLines(host, run, screen, shown.verbose ?? false)),
    ...run.warnings.map((message) => `${paint('yellow', 'warning:')} ${visible(message)}`),
    ...unconfirmedLines(run, screen),
    ...(run.end?.fault === undefined ? [] : ['', ...faultLines(run.end.fault, paint)]),
    '',
    paint('bold', lastLine(run)),
  ]);
}

function beginningLines({ meta, git }: RunSummary, paint: Paint): readonly string[] {
  const { by, playbook } = meta;
  const sha256 = playbook.sha256 === undefined ? '' : `, sha256 ${playbook.sha256.slice(0, 12)}`;
  const commit = git?.commit ?? 'none yet';
  const differing = [
    ...(git?.changed ? [`${counted(git.changed, 'file')} changed since`] : []),
    ...(git?.untracked ? [`${git.untracked} not in it`] : []),
  ];
  const branch = git?.branch === undefined ? '' : ` on ${git.branch}`;
  const rows: readonly (readonly [string, string])[] = [
    ['run', meta.run],
    ['playbook', `${playbook.name} (${playbook.file}${sha256})`],
    ...(git === undefined
      ? []
      : [['commit', [commit.slice(0, 12) + branch, ...differing].join(', ')] as const]),
    ['inventory', meta.inventory.join(', ')],
    ['options', optionsOf(meta)],
    ['by', `${by.user}${by.sudoUser ? ` (sudo by ${by.sudoUser})` : ''}@${by.host}, process ${by.pid}`],
    ['folder', meta.cwd],
    ['begun', timeOf(meta.at)],
  ];
  return rows.map(([name, value]) => `${paint('dim', name.padEnd(10))} ${visible(value)}`);
}

function optionsOf({ options }: RunMeta): string {
  const { check, limit, extraVars, forks, user, privateKey, become } = options;
  return [
    ...(check ? ['check mode'] : []),
    ...(limit === undefined ? [] : [`limit ${limit}`]),
    ...(extraVars.length === 0 ? [] : [`variables ${extraVars.join(' ')}`]),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(privateKey === undefined ? [] : [`key ${privateKey}`]),
    ...(become ? ['become'] : []),
    `forks ${forks}`,
  ].join(', ');
}

function hostLines(
  { host, counts, unreachable, losses, tasks }: HostSummary,
  run: RunSummary,
  screen: Screen,
  verbose: boolean,
): readonly string[] {
  const { paint } = screen;
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  const inShort = told.map(([kind, count]) => `${count} ${kind === 'changed' ? changedIn(run) : kind}`);
  const shown = tasks.filter(
    ({ ended, steps }) =>
      // That its host could not be reached is told once, below.
      (ended?.fault?.code !== 'unreachable' || unreachable === undefined || steps.length > 0) &&
      (verbose || ended?.status !== 'ok' || steps.length > 0),
  );
  return [
    '',
    `${paint('bold', visible(host))}  ${inShort.join(', ') || 'nothing was done'}`,
    ...shown.flatMap((task) => taskLines(task, run, screen)),
    ...losses.map((fault) => `  ${paint('yellow', 'lost')}  ${faultInShort(fault)}`),
    ...(unreachable === undefined
      ? []
      : [`  ${paint('red', 'unreachable')}`, ...indented(faultLines(unreachable, paint))]),
  ];
}

function taskLines(task: TaskSummary, run: RunSummary, { paint, columns }: Screen): readonly string[] {
  const { ended, title, play, steps } = task;
  const open = run.state === 'running' ? 'under way' : 'not ended';
  const status = ended?.status === 'would-change' ? 'would change' : (ended?.status ?? open);
  const took = ended === undefined || ended.seconds < 0.05 ? '' : `  (${duration(ended.seconds)})`;
  const where = play === undefined ? '' : paint('dim', `  ${visible(play)}`);
  return [
    `  ${paint(TONES[ended?.status ?? 'failed'] ?? 'dim', status)}  ${visible(title)}${paint('dim', took)}${where}`,
    ...indented(plannedLines(task, paint, (columns ?? WIDTH_OF_A_LOG) - 4)),
    ...steps.map(({ shown, outcome }) => {
      const how = outcome ?? (run.state === 'running' ? 'under way' : 'begun and never confirmed');
      const said = paint(outcome === 'done' ? 'dim' : 'red', `(${how})`);
      return `    ${paint('dim', `> ${visible(shown)}`)}  ${said}`;
    }),
    ...(ended?.note === undefined ? [] : [`    ${paint('dim', visible(ended.note))}`]),
    ...(ended?.fault === undefined ? [] : indented(faultLines(ended.fault, paint))),
  ];
}

/** What is under way is no trouble yet. */
function unconfirmedLines(run: RunSummary, { paint, columns }: Screen): readonly string[] {
  if (run.state === 'running') return [];
  const steps = run.hosts.flatMap(({ host, tasks }) =>
    tasks.flatMap((task) => unconfirmed(task).map((step) => ({ host, task, step }))),
  );
  if (steps.length === 0) return [];
  const about =
    'Nothing tells how these steps ended: each may have been done, in part, or not at all. A run looks first and ' +
    'does what is missing; what always runs, such as a command that observes nothing, should be looked after by hand. ' +
    'Their hosts are those of: dabook run … --limit @lost';
  return [
    '',
    paint('red', `Begun and never confirmed (${steps.length}):`),
    ...steps.flatMap(({ host, task, step }) => [
      `  ${visible(host)}  ${visible(task.title)}${step.outcome === 'lost' ? ' (its connection was lost)' : ''}`,
      `    ${timeOf(step.at)}  > ${visible(step.shown)}`,
    ]),
    ...wrap(about, Math.max(20, (columns ?? WIDTH_OF_A_LOG) - 2)).map((line) => `  ${line}`),
  ];
}

function lastLine({ meta, state, end, hosts, isCut }: RunSummary): string {
  const check = meta.options.check ? '; check mode, nothing was written' : '';
  const cut = isCut ? ', its last line is cut off' : '';
  const on = `on ${counted(hosts.length, 'host')}`;
  switch (state) {
    case 'ended':
      return `ended: ${end?.outcome} ${on} in ${duration(end?.seconds ?? 0)}${check}`;
    case 'running':
      return `it is still running, ${on}${check}`;
    case 'died':
      return `no end is written and its process is gone${cut}: it was killed, or its journal could not be written on${check}`;
    case 'unknown':
      return `no end is written${cut}, and whether it still runs can be seen on ${visible(meta.by.host)} alone${check}`;
  }
}

function changedIn({ meta }: RunSummary): string {
  return meta.options.check ? 'would change' : 'changed';
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${line}`);
}
