import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import type { Owners } from '../../ownership.ts';
import { sh } from '../../sh.ts';
import type { TreeFile, TreeFolder } from '../../step.ts';
import { denials } from './denials.ts';
import { type Found, parseFound } from './found.ts';
import { type Look, lookAt } from './look-at.ts';
import { lookScript } from './look-script.ts';
import type { SourceFile, SourceTree } from './source-tree.ts';
import { spelling } from './spelling.ts';
import { systemFolders } from './system-folders.ts';

/** How a tree should be on a host. */
export interface WantedTree extends Owners {
  /** Without a slash at the end. */
  readonly dest: string;
  readonly source: SourceTree;
  readonly mode?: string | undefined;
  readonly dirMode?: string | undefined;
}

/** What is there, its owner as the playbook writes it. */
type Now = Omit<Found, 'owner' | 'group'> & Owners;

type DifferingFolder = TreeFolder & { readonly now?: Now };
type DifferingFile = TreeFile & { readonly now?: Now };

/** What is not as it should be. */
export interface DifferingTree {
  /** The folder itself, and the one that it is in. */
  readonly top: Look;
  /** As they should be; `now` where there is one. */
  readonly folders: readonly DifferingFolder[];
  readonly files: readonly DifferingFile[];
  /** Where something else is in the way, by paths below the folder. */
  readonly blocked: readonly { readonly path: string; readonly type: Found['type'] }[];
}

/** Names that one command looks at: what it may print has a limit. */
const atOnce = 20_000;
/** Exit status of the script when there is such a folder, but not for this user. */
const closed = 3;

/**
 * Holds a tree against what a host has: in one round trip, with four processes for some thousand files.
 * @throws DabookError `command` for what the user may not look at; `refused` for an owner or a group that is missing
 */
export async function differingTree(ask: Ask, wanted: WantedTree): Promise<DifferingTree> {
  const { dest, source, owner, group } = wanted;
  const [top, found, spell] = await Promise.all([
    lookAt(ask, dest),
    lookBelow(ask, dest, [...source.folders, ...source.files.map(({ path }) => path)]),
    spelling(ask, { owner, group }),
  ]);
  const isThere = top.found.type === 'directory';
  if (isThere && found === undefined) {
    throw new DabookError('command', `${ask.host}: ${dest} may not be entered`, {
      hint: ask.become ? 'root itself may not enter it there' : 'run as root: become: true, or -b',
    });
  }
  const blocked: { path: string; type: Found['type'] }[] = [];
  const at = (path: string, type: Found['type']): Now | undefined => {
    const now = path === '' ? top.found : found?.get(`./${path}`);
    if (!isThere || now === undefined) return undefined;
    if (now.type !== type) blocked.push({ path, type: now.type });
    return { ...now, ...spell(now) };
  };
  const folders = ['', ...source.folders].flatMap((path) =>
    differingFolder(path, at(path, 'directory'), wanted),
  );
  const files = source.files.flatMap((file) => differingFile(file, at(file.path, 'file'), wanted));
  return { top, folders, files, blocked };
}

function differingFolder(
  path: string,
  now: Now | undefined,
  { dest, dirMode, owner, group }: WantedTree,
): DifferingFolder[] {
  if (now === undefined) return [{ path, isNew: true, mode: dirMode ?? '0755', owner, group }];
  if (systemFolders.has(path === '' ? dest : `${dest === '/' ? '' : dest}/${path}`)) return [];
  const change = changeOf(now, { mode: dirMode, owner, group });
  return change === undefined ? [] : [{ path, isNew: false, now, ...change }];
}

function differingFile(file: SourceFile, now: Now | undefined, wanted: WantedTree): DifferingFile[] {
  const { isExecutable, ...source } = file;
  const { owner, group } = wanted;
  const mode = wanted.mode ?? (isExecutable ? '0755' : '0644');
  if (now === undefined) return [{ ...source, mode, owner, group, isSent: true }];
  if (now.sha256 !== file.sha256) {
    const owners = { owner: owner ?? now.owner, group: group ?? now.group };
    return [{ ...source, mode, ...owners, isSent: true, now }];
  }
  const change = changeOf(now, { mode, owner, group });
  return change === undefined ? [] : [{ ...source, ...change, mode, isSent: false, now }];
}

type Some = Owners & { readonly mode?: string | undefined };

/** What is wanted and differs; undefined where nothing does. */
function changeOf(now: Some, want: Some): Some | undefined {
  const differing = (name: 'mode' | 'owner' | 'group') => (want[name] === now[name] ? undefined : want[name]);
  const change = { mode: differing('mode'), owner: differing('owner'), group: differing('group') };
  return Object.values(change).some((value) => value !== undefined) ? change : undefined;
}

/** What is there of some paths below a folder, by `./` and the path; undefined where the folder cannot be entered. */
async function lookBelow(
  ask: Ask,
  dest: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Found> | undefined> {
  const parts = Array.from({ length: Math.ceil(paths.length / atOnce) }, (_, part) =>
    paths.slice(part * atOnce, (part + 1) * atOnce).map((path) => `./${path}`),
  );
  const answers = await Promise.all(
    parts.map(async (names) => {
      const command = sh`cd -P ${dest} 2>/dev/null || exit ${closed}\nxargs -0 sh -c ${`${lookScript([])}\n:`} sh`;
      const { status, stdout, stderr } = await ask.sh(command, {
        ok: [0, closed],
        stdin: names.map((name) => `${name}\0`).join(''),
      });
      if (status === closed) return undefined;
      const found = parseFound(stdout);
      const denied = denials(ask, stderr, new Set(names));
      for (const name of names) {
        const { type, sha256 } = found.get(name) ?? { type: 'missing' };
        const error =
          type === 'missing' || (type === 'file' && sha256 === undefined) ? denied(name) : undefined;
        if (error !== undefined) throw error;
      }
      return [...found];
    }),
  );
  const known = answers.flatMap((answer) => (answer === undefined ? [] : [answer]));
  return known.length < answers.length ? undefined : new Map(known.flat());
}
