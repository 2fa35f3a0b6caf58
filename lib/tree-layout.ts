import { basename, dirname } from 'node:path/posix';
import { ownership } from './ownership.ts';
import { posixQuote } from './posix-quote.ts';
import { sha256Of } from './sha256.ts';
import type { TreeFile, TreeFolder, TreeStep } from './step.ts';

/** Where everything of a tree is made ready on the host, and how it gets from there into its place. */
export interface TreeLayout {
  /** What is sent, each folder before what is in it. */
  readonly members: readonly TreeMember[];
  /** Calls of the functions of `treeScript`, one a line. */
  readonly plan: string;
  /** The SHA-256 of the files' own, one a line. */
  readonly sha256: string;
}

/** `name`: where it is made ready, from the folder that everything is made ready in. */
export type TreeMember =
  | { readonly name: string; readonly folder: TreeFolder }
  | { readonly name: string; readonly file: TreeFile };

/** What is done in a folder of the host that is there. */
interface Site {
  /** The folder in which what comes here is made ready. */
  readonly stage: string;
  /** Names of what comes here. */
  readonly landing: string[];
  /** Names of files that get owner and mode, by these two. */
  readonly kept: Map<string, string[]>;
}

/** Names that are given to one program: a command line has its limits. */
const atOnce = 500;

/**
 * Lays out a tree. What comes into one folder is made ready in one place, and moved from there by one program. A new
 * folder is moved as a whole, with all that is in it.
 */
export function layTree({ path, folders, files }: TreeStep): TreeLayout {
  // Seen from the folder that the tree's own is in, which is there: the tree's may be new itself.
  const place = (below: string) => [basename(path), below].filter((part) => part !== '').join('/');
  const sites = new Map<string, Site>();
  const siteOf = (folder: string): Site => {
    const site = sites.get(folder) ?? { stage: `${sites.size}`, landing: [], kept: new Map() };
    sites.set(folder, site);
    return site;
  };
  /** Where new folders are made ready, by their places. */
  const made = new Map<string, string>();
  const stage = (at: string): string => {
    const folder = folderOf(at);
    const within = made.get(folder);
    if (within !== undefined) return `${within}/${basename(at)}`;
    const site = siteOf(folder);
    site.landing.push(basename(at));
    return `${site.stage}/${basename(at)}`;
  };

  const newFolders = folders.filter(({ isNew }) => isNew).sort((a, b) => (a.path < b.path ? -1 : 1));
  const folderMembers = newFolders.map((folder) => {
    const at = place(folder.path);
    const name = stage(at);
    made.set(at, name);
    return { name, folder };
  });
  const fileMembers = files
    .filter(({ isSent }) => isSent)
    .map((file) => ({ name: stage(place(file.path)), file }));
  for (const file of files.filter(({ isSent }) => !isSent)) {
    const at = place(file.path);
    add(siteOf(folderOf(at)).kept, attributesOf(file), basename(at));
  }
  const changed = folders.filter(({ isNew }) => !isNew);

  const owned = new Map<string, string[]>();
  for (const { name, ...member } of [...folderMembers, ...fileMembers]) {
    const owners = ownership('file' in member ? member.file : member.folder);
    if (owners !== '') add(owned, posixQuote(owners), name);
  }
  const plan = [
    ...[...owned].flatMap(([owners, names]) => calls(`own ${owners}`, names)),
    ...calls(
      'near',
      [...sites.keys()].map((folder) => `./${folder}`),
    ),
    ...[...sites].flatMap(([folder, site]) => [
      `enter ${posixQuote(folder)}`,
      ...calls(`land ${site.stage}`, site.landing),
      ...[...site.kept].flatMap(([attributes, names]) => calls(`keep ${attributes}`, names)),
    ]),
    ...changed.flatMap((folder) => [
      `enter ${posixQuote(place(folder.path))}`,
      `self ${attributesOf(folder)}`,
    ]),
  ];
  return {
    members: [...folderMembers, ...fileMembers],
    plan: plan.map((line) => `${line}\n`).join(''),
    sha256: sha256Of(fileMembers.map(({ file }) => `${file.sha256}\n`).join('')),
  };
}

function folderOf(place: string): string {
  const folder = dirname(place);
  return folder === '.' ? '' : folder;
}

function attributesOf({ mode = '', ...owners }: TreeFile | TreeFolder): string {
  return `${posixQuote(mode)} ${posixQuote(ownership(owners))}`;
}

function add(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** A call with these names, or several where they are many. */
function calls(call: string, names: readonly string[]): readonly string[] {
  const count = Math.ceil(names.length / atOnce);
  return Array.from({ length: count }, (_, part) => {
    const some = names.slice(part * atOnce, (part + 1) * atOnce);
    return `${call} ${some.map(posixQuote).join(' ')}`;
  });
}
