import { join } from 'node:path';
import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { ownership } from '../../ownership.ts';
import type { Secret } from '../../secret.ts';
import { sha256Of } from '../../sha256.ts';
import { type TreeFile, tree } from '../../step.ts';
import { type Foreseen, type Task, task } from '../../task.ts';
import { laterState } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { accountName, fourDigits } from './attributes.ts';
import { type DifferingTree, differingTree, type WantedTree } from './differing-tree.ts';
import { shownTextOf } from './file-source.ts';
import { type FileState, fileState } from './file-state.ts';
import { foreseenBelow, foreseePaths, isForeseenAt, obscureFolder } from './foreseen-paths.ts';
import type { Found } from './found.ts';
import { refuseBadTree } from './refuse-bad-tree.ts';
import { digestAsSecret } from './secret-digest.ts';
import { sourceTree } from './source-tree.ts';
import { textFile } from './text-file.ts';

export interface CopyTreeArgs {
  /** A folder of the control machine: what is in it is copied, not the folder by its name. */
  readonly src: string | URL;
  /** The folder on the host. It is made where it is missing; the one that it is in has to be there. */
  readonly dest: string;
  /** Name or number, of files and folders. By default that of what is there; the writing user's for what is new. */
  readonly owner?: string | number;
  readonly group?: string | number;
  /** Octal digits, of each file. By default `0755` where its owner may run the source, `0644` else. */
  readonly mode?: string;
  /** Octal digits, of each folder. By default that of the folder that is there; `0755` for a new one. */
  readonly dirMode?: string;
  /**
   * Shell patterns of what is left out, with all that is in it: `*.log` for such names anywhere, `docs/draft` for
   * a path below `src`, `docs/**\/*.md` for paths at any depth.
   */
  readonly exclude?: readonly string[];
}

/** All that is to be done. No diff and no event has it, since those take what has a name. */
const difference = Symbol('difference');

/** What there is of a tree that is not as it should be. */
export interface CopiedTree {
  /** What is at the place of the folder itself. */
  readonly type: Found['type'];
  /** How many files and folders are not as they should be. */
  readonly others: number;
  /** The first twenty of them, files first, by their paths below the folder: mode, owner and the start of the SHA-256. */
  readonly paths: Readonly<Record<string, string>>;
  /** Where there are more, a checksum of how those are, so that a plan holds all of them against what it finds. */
  readonly more?: Secret;
  readonly [difference]?: DifferingTree;
}

/** So many paths are shown. */
const shown = 20;

/**
 * What is in a folder of the control machine is on the host too: files with their content and mode, and folders.
 * Files that are the same are not sent, the others as one stream; each comes into its place at once and whole, and
 * none before all have arrived. What the host has beyond stays, and so do owner and mode of folders of the system,
 * such as `/etc`. Links are not followed on the host, nor copied: one in `src` has to be left out by `exclude`.
 *
 * Make the task once for many hosts: the folder is looked at when it is made.
 * @throws DabookError `playbook` for a source that cannot be read, and what is neither a file nor a folder in it;
 * `refused` for a missing folder above `dest`, for a link or anything else in the place of a folder or a file, and
 * for a user or a group that the host does not have
 * @example copyTree({ src: new URL('site/', import.meta.url), dest: '/srv/www/site', owner: 'www-data' })
 */
export function copyTree({
  src,
  dest,
  owner,
  group,
  mode,
  dirMode,
  exclude = [],
}: CopyTreeArgs): Task<CopiedTree> {
  const path = absolutePath(dest);
  if (/\/\.\.(\/|$)/.test(path)) {
    throw new DabookError('playbook', `copyTree: ${dest} has ".." in it`, {
      hint: 'give a plain path',
    });
  }
  const fileMode = mode === undefined ? undefined : fourDigits(mode);
  if (fileMode !== undefined && !fileMode.startsWith('0')) {
    throw new DabookError('playbook', `copyTree: mode ${fileMode} lets all files run as somebody else`, {
      hint: 'give set-id bits to that one file by copyFile',
    });
  }
  return copy({
    dest: path,
    source: sourceTree(src, exclude),
    owner: owner === undefined ? undefined : accountName(owner),
    group: group === undefined ? undefined : accountName(group),
    mode: fileMode,
    dirMode: dirMode === undefined ? undefined : fourDigits(dirMode),
  });
}

const copy = task('copyTree', {
  rights: 'play',
  title: ({ source, dest }: WantedTree) => `copy ${source.path} to ${dest}`,
  fact: copied,
  want: (now, { dest }): CopiedTree => {
    const { [difference]: found } = now;
    if (found === undefined) return now;
    refuseBadTree(found, dest);
    return { type: 'directory', others: 0, ...entriesOf(found, wantedText) };
  },
  steps: ({ [difference]: found }, _want, { dest, source }) => {
    if (found === undefined) return [];
    const { folders, files } = found;
    return [
      tree(dest, { from: source.path, folders: folders.map(withoutNow), files: files.map(withoutNow) }),
    ];
  },
  foresees: ({ [difference]: found }, _want, { dest, source }) => {
    if (found === undefined) return [];
    const { files, folders } = found;
    const paths = [...files, ...folders].map(({ path }) => placeOf(path, dest));
    return [
      ...folders.flatMap((folder) => foreseenFolder(folder, dest)),
      ...files.flatMap((file) => foreseen(file, dest, source.path)),
      foreseePaths(paths),
    ];
  },
  obscures: ({ dest }) => obscureFolder(dest),
});

function copied(wanted: WantedTree): Fact<CopiedTree> {
  const { dest, source, owner = '', group = '', mode = '', dirMode = '' } = wanted;
  return fact<CopiedTree>({
    key: ['tree', dest, source.digest, owner, group, mode, dirMode],
    read: async (ask) => {
      const isForeseen = (await isForeseenAt(ask, dest)) || (await foreseenBelow(ask, dest)).length > 0;
      if (isForeseen) return laterState(`what is in ${dest}`);
      const found = await differingTree(ask, wanted);
      const { folders, files, blocked, top } = found;
      const others = folders.length + files.length + blocked.length;
      const state = { type: top.found.type, others, ...entriesOf(found, textNow) };
      return others === 0 ? state : { ...state, [difference]: found };
    },
  });
}

type Entry = DifferingTree['folders'][number] | DifferingTree['files'][number];

function entriesOf(
  { folders, files }: DifferingTree,
  text: (entry: Entry) => string | undefined,
): Pick<CopiedTree, 'paths' | 'more'> {
  const entries = [...files, ...folders].map((entry) => {
    const name = 'sha256' in entry ? entry.path : `${entry.path}/`;
    return [name, text(entry)] as const;
  });
  const first = entries.slice(0, shown);
  const more = entries.slice(shown);
  return {
    paths: Object.fromEntries(first.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...(more.length === 0
      ? {}
      : { more: digestAsSecret(`${more.length} more`, sha256Of(JSON.stringify(more))) }),
  };
}

function textNow({ now }: Entry): string | undefined {
  return now && textOf(now);
}

/** What is not given stays; of a new file the owner is the writing user, whoever that is. */
function wantedText({ now, ...entry }: Entry): string {
  const { mode = now?.mode, owner = now?.owner, group = now?.group } = entry;
  return textOf({ ...entry, mode, owner, group });
}

function textOf(
  entry: Pick<TreeFile, 'owner' | 'group'> & { mode?: string | undefined; sha256?: string },
): string {
  return [entry.mode, ownership(entry), entry.sha256?.slice(0, 16)].filter(Boolean).join(' ');
}

function withoutNow<E extends Entry>({ now: _now, ...entry }: E): Omit<E, 'now'> {
  return entry;
}

function placeOf(path: string, dest: string): string {
  return path === '' ? dest : `${dest === '/' ? '' : dest}/${path}`;
}

/** A folder that is made, as later tasks of a check see it. */
function foreseenFolder(folder: DifferingTree['folders'][number], dest: string): Foreseen[] {
  if (!folder.isNew) return [];
  const { mode, owner, group } = folder;
  const state: FileState = { type: 'directory', mode, owner, group, parent: { exists: true } };
  return [{ fact: fileState(placeOf(folder.path, dest)), state }];
}

/** A file as later tasks of a check see it. */
function foreseen(file: DifferingTree['files'][number], dest: string, from: string): Foreseen[] {
  const path = placeOf(file.path, dest);
  const { sha256, mode, owner = file.now?.owner, group = file.now?.group } = file;
  const source = /[4-7]$/.test(mode) ? join(from, file.path) : undefined;
  const state: FileState = {
    type: 'file',
    sha256,
    mode,
    owner,
    group,
    parent: { exists: true },
    // Read by the few tasks that want to know.
    get content() {
      return source === undefined ? undefined : shownTextOf(source, sha256);
    },
  };
  return [{ fact: fileState(path), state }, { fact: textFile(path) }];
}
