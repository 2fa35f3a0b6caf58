import { type Ask, type Fact, fact } from '../../fact.ts';
import type { Foreseen } from '../../task.ts';

/** Paths at which earlier tasks of this check change something. None in an apply. */
const foreseenPaths: Fact<readonly string[]> = fact<readonly string[]>({
  key: ['foreseen paths'],
  read: async () => [],
});

/** What follows from a task that writes, gives away or removes what is at these paths: for what looks at folders as a whole. */
export function foreseePaths(paths: readonly string[]): Foreseen {
  return {
    fact: foreseenPaths,
    next: (before = []) => [...new Set([...(before as readonly string[]), ...paths])],
  };
}

/** Folders of which nobody knows what is in them behind an earlier task of this check. None in an apply. */
const obscuredFolders: Fact<readonly string[]> = fact<readonly string[]>({
  key: ['obscured folders'],
  read: async () => [],
});

/** What follows from a task that may change whatever is in a folder. */
export function obscureFolder(folder: string): readonly Foreseen[] {
  const next = (before: unknown = []) => [...(before as readonly string[]), folder];
  const undoes = ([name, path]: readonly unknown[]) =>
    ofFiles.has(name) && typeof path === 'string' && isBelow(path, folder);
  return [foreseePaths([folder]), { fact: obscuredFolders, next, undoes }];
}

/** The facts that tell of what is at the path in their key, and ask `isObscured` or the like when they are read. */
const ofFiles = new Set<unknown>(['file', 'text file', 'xml file', 'file to be removed', 'keys', 'tree']);

/** Whether a path is in a folder of which nobody knows what is in it by then. */
export async function isObscured(ask: Ask, path: string): Promise<boolean> {
  return (await ask.fact(obscuredFolders)).some((folder) => isBelow(path, folder));
}

/** A folder that is given away with all that is in it. */
interface Given {
  readonly dir: string;
  readonly owner: string;
  readonly group: string;
}

/** Folders that earlier tasks of this check give away, the last one first. None in an apply. */
const givenFolders: Fact<readonly Given[]> = fact<readonly Given[]>({
  key: ['given folders'],
  read: async () => [],
});

/** What follows from a task that gives a folder away: to whom what is in it belongs, and nothing else of it, is another then. */
export function foreseeGiven(given: Given): Foreseen {
  return { fact: givenFolders, next: (before = []) => [given, ...(before as readonly Given[])] };
}

/** To whom an earlier task of this check gives what is at a path, with a folder that leads to it. */
export async function givenAt(ask: Ask, path: string): Promise<Omit<Given, 'dir'> | undefined> {
  return (await ask.fact(givenFolders)).find(({ dir }) => isBelow(path, dir));
}

/** The paths below a folder, its own included, at which earlier tasks of this check change something. */
export async function foreseenBelow(ask: Ask, folder: string): Promise<readonly string[]> {
  const given = (await ask.fact(givenFolders)).map(({ dir }) => dir);
  return [...(await ask.fact(foreseenPaths)), ...given].filter((path) => isBelow(path, folder));
}

/** Whether an earlier task of this check changes what is at a path, or a folder that leads to it. */
export async function isForeseenAt(ask: Ask, path: string): Promise<boolean> {
  return (await givenAt(ask, path)) !== undefined || (await isContentForeseenAt(ask, path));
}

/** Whether an earlier task of this check changes what is in a folder, whoever it belongs to. */
export async function isContentForeseenIn(ask: Ask, folder: string): Promise<boolean> {
  const paths = await ask.fact(foreseenPaths);
  return paths.some((path) => isBelow(path, folder) || isBelow(folder, path));
}

/** The same as {@link isForeseenAt}, but for tasks that change to whom it belongs alone. */
export async function isContentForeseenAt(ask: Ask, path: string): Promise<boolean> {
  return (await ask.fact(foreseenPaths)).some((changed) => isBelow(path, changed));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
