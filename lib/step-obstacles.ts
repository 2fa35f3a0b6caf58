import { dirname } from 'node:path/posix';
import { codeOf } from './errors.ts';
import type { Ask } from './fact.ts';
import { anywhere, foreseeFiles, foreseenFiles } from './foreseen-files.ts';
import { needsOf } from './needs-of.ts';
import { needsScript } from './needs-script.ts';
import { posixQuote } from './posix-quote.ts';
import { refuse } from './refuse.ts';
import type { Need, Step } from './step.ts';

/** A need, and what the host says to it. */
interface Looked {
  readonly need: Need;
  readonly word: string;
  /** What stands in its way, and what the operator can do. */
  readonly fault?: { readonly why: string; readonly hint: string } | undefined;
  /** What is written to, where room was asked for, and how many bytes that has; none where it does not say. */
  readonly device?: string | undefined;
  readonly room?: number | undefined;
  /** Where its folder is in truth, where a symbolic link leads there: `/opt/app leads to /srv/app`. */
  readonly leads?: string | undefined;
}

/** What a check foresees of steps. */
export interface StepsForeseen {
  /** What may stand in their way, in words. */
  readonly doubts: readonly string[];
  /** Which folders that they write to are elsewhere in truth: `/opt/app leads to /srv/app`. */
  readonly leads: readonly string[];
}

/**
 * Looks why a step has failed: with the rights of the user, and the room on the file system. By an apply afterwards,
 * which says it in the words of a check and costs those that succeed nothing.
 * @throws DabookError `refused` for the first thing that stands in its way
 */
export async function refuseImpossible(step: Step, ask: Ask): Promise<void> {
  for (const { fault } of await look([step], ask))
    if (fault !== undefined) throw refuse(fault.why, fault.hint);
}

/**
 * Looks in check mode whether files can be written as steps mean to. What earlier steps of the same check would have
 * made is not there yet: where they may change what stands in the way, or take the room, nothing is refused.
 * @param foreseen what the check foresees of the host; what these steps do is added to it
 * @throws DabookError `refused` for the first thing that is sure to stand in the way
 */
export async function foreseeImpossible(
  steps: readonly Step[],
  ask: Ask,
  foreseen: Map<string, unknown>,
): Promise<StepsForeseen> {
  const before = foreseenFiles(foreseen);
  const written = new Map(before.written);
  const doubts = new Set<string>();
  const all = await look(steps, ask);
  for (const { need, fault, device, room } of all) {
    if (fault !== undefined) {
      const isOpen = device === undefined ? before.changesRights : isFreed(device, before.freed);
      if (!isOpen) throw refuse(fault.why, fault.hint);
      doubts.add(`${fault.why}, unless what comes before changes that`);
    }
    if (device === undefined) continue;
    const sum = (written.get(device) ?? 0) + (need.size ?? 0);
    written.set(device, sum);
    if (fault === undefined && need.size && room !== undefined && room < sum) {
      doubts.add(`${roomAt(need.path, room, sum)} with what comes before`);
    }
  }
  const gives = ({ kind, owner, group }: Need) => kind === 'own' || (owner ?? group) !== undefined;
  // Who is not root gives nobody anything.
  const changesRights = ask.become && all.some(({ need }) => gives(need));
  foreseeFiles(foreseen, steps, { changesRights, freed: freedBy(all), written });
  const leads = new Set(all.flatMap((looked) => looked.leads ?? []));
  return { doubts: [...doubts], leads: [...leads] };
}

function isFreed(device: string, freed: ReadonlySet<string>): boolean {
  return freed.has(device) || freed.has(anywhere);
}

/** The devices of files that are removed or replaced. */
function freedBy(all: readonly Looked[]): ReadonlySet<string> {
  const devices = new Map(all.map(({ need, device }) => [need.path, device]));
  const gone = all.filter(({ need, word }) => need.kind === 'replace' && word !== 'missing');
  return new Set(gone.map(({ need }) => devices.get(dirname(need.path)) ?? anywhere));
}

async function look(steps: readonly Step[], ask: Ask): Promise<readonly Looked[]> {
  const all = (await Promise.all(steps.map(needsOf))).flat();
  // Each is told in lines.
  const needs = all.filter(({ path, owner = '', group = '' }) => !`${path}${owner}${group}`.includes('\n'));
  if (needs.length === 0) return [];
  const lines = needs.flatMap(({ kind, path, owner = '', group = '', size }) => [
    ...[kind, path, owner, group],
    size === undefined ? '' : 'room',
  ]);
  const stdin = lines.map((line) => `${line}\n`).join('');
  const answers = await ask.sh(needsScript, { stdin }).then(
    ({ stdout }) => answersIn(stdout),
    (error: unknown) => {
      // Where it cannot be looked there is nothing to be said against it.
      if (codeOf(error) === 'command') return [];
      throw error;
    },
  );
  return needs.map((need, index) => {
    const { line = '', at } = answers[index] ?? {};
    return { ...looked(need, line, ask), ...(at === undefined ? {} : { leads: leadsTo(need, at) }) };
  });
}

interface Answer {
  readonly line: string;
  /** Where the folder is in truth. */
  readonly at: string | undefined;
}

function answersIn(stdout: string): readonly Answer[] {
  return [...stdout.matchAll(/^(?:at (.*)\n)?(.*)$/gm)].map(([, at, line = '']) => ({ line, at }));
}

function leadsTo({ kind, path }: Need, at: string): string {
  const isFolder = kind === 'write' || kind === 'make';
  return `${isFolder ? path : dirname(path)} leads to ${at}`;
}

function looked(need: Need, answer: string, { become }: Ask): Looked {
  const { kind, owner, group } = need;
  const [word = '', ...words] = answer.split(' ');
  const path = words.join(' ');
  const hint = become ? 'root itself may not do it there' : 'run as root: become: true, or -b';
  const rights = (why: string): Looked => ({ need, word, fault: { why, hint } });
  switch (word) {
    case 'denied':
      return kind === 'own'
        ? rights(`${path} belongs to another user: mode and owner cannot be set`)
        : rights(`the user may not write to the folder ${path}`);
    case 'strange': {
      const why = `${need.path} leads through the symbolic link ${path}, which somebody else may have put there, to a folder of others`;
      return {
        need,
        word,
        fault: { why, hint: 'if it is meant, give the path that it leads to; else remove the link' },
      };
    }
    case 'frozen': {
      const why = `${path} is on a file system that is read-only`;
      return { need, word, fault: { why, hint: 'if it is to change: have it mounted for writing' } };
    }
    case 'owner':
      return rights(`only root gives files to others: ${path} to ${owner}`);
    case 'group': {
      const what = kind === 'own' ? path : `a file in ${path}`;
      return rights(`the user is not in the group ${group}, which ${what} is to have`);
    }
    case 'sticky':
      return rights(`${path} belongs to another user, and in its folder nobody replaces what others have`);
    case 'fixed': {
      const why = `${path} is immutable, for root too`;
      return { need, word, fault: { why, hint: `if it is to change: chattr -i ${posixQuote(path)}` } };
    }
    case 'room':
      return { need, word, ...roomFor(need, words) };
    default:
      return { need, word };
  }
}

function roomFor(
  { path, size = 0 }: Need,
  words: readonly string[],
): Pick<Looked, 'fault' | 'device' | 'room'> {
  const [blocks = Number.NaN, blockSize = 0, names = 0, mostNames = 0] = words.slice(0, 4).map(Number);
  const device = words[4] || anywhere;
  if (mostNames > 0 && names === 0) {
    const why = `no more files have room at ${path}: no inode is left`;
    return { device, fault: { why, hint: 'remove some there first' } };
  }
  // Some file systems do not say.
  if (!(blocks >= 0)) return { device };
  const room = blocks * blockSize;
  if (room >= size) return { device, room };
  return { device, room, fault: { why: roomAt(path, room, size), hint: 'make room there first' } };
}

function roomAt(path: string, room: number, size: number): string {
  return `at ${path} there is ${room === 0 ? 'no room' : `room for ${room} bytes, and ${size} are to be written`}`;
}
