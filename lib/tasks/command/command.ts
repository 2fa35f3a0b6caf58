import { normalize } from 'node:path/posix';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { anythingForeseen, commandForeseen } from '../../foreseen-anything.ts';
import type { Secret } from '../../secret.ts';
import { type Command, sh } from '../../sh.ts';
import { exec } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later, laterState, unknown } from '../../unknown.ts';
import { type FileState, fileState } from '../files/file-state.ts';
import { isForeseenAt } from '../files/foreseen-paths.ts';

export interface CommandArgs {
  /** What to run. */
  readonly run: Command;
  /** It is done when this path exists. */
  readonly creates?: string;
  /** It is done when this command succeeds. Changes nothing. */
  readonly unless?: Command;
  /** It is to be done only while this command succeeds. Changes nothing. */
  readonly onlyIf?: Command;
  /** What `run` reads from its stdin; nothing by default. */
  readonly stdin?: string | Secret;
  /** Folder in which it and its conditions run; the user's own by default. */
  readonly cwd?: string;
  /**
   * `run` goes on when the connection is lost or dabook is ended, and a later run of the playbook that finds it still
   * to be done waits for it instead of beginning it again. For work that takes long. False by default.
   */
  readonly detached?: boolean;
}

/** What a command left. */
export interface CommandState {
  /** True when its conditions say that there is nothing to do. */
  readonly done: boolean;
  /** Without a condition: how often it ran. */
  readonly runs?: number;
}

/** Exit statuses that answer a condition. The shell's own (not found, killed) are no answers. */
const answers = Array.from({ length: 126 }, (_, status) => status);

/**
 * A command. With a condition it is a task like any other: done when `creates` exists, `unless` succeeds
 * or `onlyIf` does not; and that is looked at again after it ran, so a command that does not bring its
 * own condition about fails. Let that be what it brings about last: of a command that was ended in the middle,
 * the condition alone tells the next run whether it is to be done again. Several conditions go together: `onlyIf`
 * says whether it concerns this host, the others whether it is done. Without a condition it always runs: its plan
 * is marked `opaque` in the events.
 * @example command({ run: sh`tar -xf upgrade.tgz`, cwd: '/opt/nexus', creates: '/opt/nexus/scripts' })
 * @example command({ run: sh`./reindex && touch done`, cwd: '/opt/nexus', creates: 'done', detached: true })
 */
export function command(args: CommandArgs): Task<CommandState> {
  return runCommand(args);
}

const runCommand = task('command', {
  rights: 'play',
  title: ({ run }: CommandArgs) => `run ${shortened(run.text)}`,
  fact: (args) => (isOpaque(args) ? neverDone(args) : isDone(args)),
  want: (now, args): CommandState => {
    // Counted, so that in check mode a second one is foreseen to run as well.
    if (isOpaque(args)) return { done: true, runs: (now.runs ?? 0) + 1 };
    return { done: true };
  },
  steps: (_now, _want, { run, stdin, cwd, detached }) => [exec(within(cwd, run, 1), { stdin, detached })],
  stuck: (_now, _want, args) => ({ reason: unmet(args), final: true }),
  obscures: () => [{ fact: commandForeseen, state: true }],
  opaque: isOpaque,
});

function isOpaque({ creates, unless, onlyIf }: CommandArgs): boolean {
  return creates === undefined && unless === undefined && onlyIf === undefined;
}

function neverDone({ run, cwd }: CommandArgs): Fact<CommandState> {
  return fact<CommandState>({ key: ['command', run.text, cwd ?? ''], read: async () => ({ done: false }) });
}

/** Keyed by the conditions alone: two commands with the same ones are done or not done together. */
function isDone({ creates, unless, onlyIf, cwd }: CommandArgs): Fact<CommandState> {
  return fact<CommandState>({
    key: ['command', 'until', creates ?? '', unless?.text ?? '', onlyIf?.text ?? '', cwd ?? ''],
    read: async (ask) => {
      // What a command says may be otherwise by whatever earlier tasks of this check change.
      const later = (await ask.fact(anythingForeseen)) ? unknown('what a condition says') : undefined;
      const succeeds = async (condition: Command) =>
        later ?? (await ask.sh(within(cwd, condition, 126), { ok: answers })).status === 0;
      const [exists, holds, concerns] = await Promise.all([
        creates === undefined ? false : isThere(ask, creates, cwd),
        unless === undefined ? false : succeeds(unless),
        onlyIf === undefined ? true : succeeds(onlyIf),
      ]);
      if (exists === true || holds === true || concerns === false) return { done: true };
      return [exists, holds, concerns].every(isKnown) ? { done: false } : laterState('whether it is done');
    },
  });
}

/** Unknown where earlier tasks of this check change what is there, and where a command of theirs may make it. */
async function isThere(ask: Ask, path: string, cwd: string | undefined): Promise<Later<boolean>> {
  const later = unknown(`whether there is ${path}`);
  const place = placeOf(path, cwd);
  if (place !== undefined && ask.foreseen(fileState(place))) {
    const state: Later<FileState> = await ask.fact(fileState(place));
    return isKnown(state) ? state.type !== 'missing' : later;
  }
  const isForeseen = place === undefined ? ask.fact(anythingForeseen) : isForeseenAt(ask, place);
  if (await isForeseen) return later;
  const { status } = await ask.sh(within(cwd, sh`[ -e ${path} ] || [ -L ${path} ]`, 126), { ok: answers });
  return status === 0 || ((await ask.fact(commandForeseen)) ? later : false);
}

/** None for a path that depends on the user. */
function placeOf(path: string, cwd: string | undefined): string | undefined {
  const place = path.startsWith('/') ? path : cwd?.startsWith('/') ? `${cwd}/${path}` : undefined;
  return place === undefined || /[\n\0]/.test(place) ? undefined : normalize(place).replace(/(?<=.)\/$/, '');
}

/** On lines of their own, so that a comment or a here-document at a command's end does no harm. */
function within(cwd: string | undefined, run: Command, failure: number): Command {
  return cwd === undefined ? run : sh`cd -- ${cwd} || exit ${failure}\n${run}`;
}

function unmet({ creates, unless, onlyIf }: CommandArgs): string {
  if (creates !== undefined) return `it ran, but ${creates} does not exist`;
  if (unless !== undefined) return `it ran, but its condition still fails: ${shortened(unless.text)}`;
  return `it ran, but its condition still holds: ${shortened(onlyIf?.text ?? '')}`;
}

function shortened(text: string): string {
  const [line = '', ...more] = text.trim().split('\n');
  return line.length > 72 || more.length > 0 ? `${line.slice(0, 72)}…` : line;
}
