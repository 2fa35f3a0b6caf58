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

/** The paths below a folder, its own included, at which earlier tasks of this check change something. */
export async function foreseenBelow(ask: Ask, folder: string): Promise<readonly string[]> {
  return (await ask.fact(foreseenPaths)).filter((path) => isBelow(path, folder));
}

/** Whether an earlier task of this check changes what is at a path, or a folder that leads to it. */
export async function isForeseenAt(ask: Ask, path: string): Promise<boolean> {
  return (await ask.fact(foreseenPaths)).some((changed) => isBelow(path, changed));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
