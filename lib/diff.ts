import { equal, isRecord } from './equal.ts';
import type { Change } from './events.ts';
import { showable } from './show.ts';

/**
 * What differs between how a thing is and how it should be, one change for each place, in order of path.
 * Computed for every task in the same way; secrets and unknowns in it are shown as such.
 */
export function diff(now: unknown, want: unknown, path = ''): readonly Change[] {
  if (equal(now, want)) return [];
  if (isRecord(now) && isRecord(want)) {
    const keys = [...new Set([...Object.keys(now), ...Object.keys(want)])].sort();
    return keys.flatMap((key) => diff(now[key], want[key], path === '' ? key : `${path}.${key}`));
  }
  if (isWordList(now) && isWordList(want)) return listDiff(now, want, path);
  if (isNothing(now)) return [{ path, op: 'add', to: showable(want) }];
  if (isNothing(want)) return [{ path, op: 'remove', from: showable(now) }];
  return [{ path, op: 'change', from: showable(now), to: showable(want) }];
}

/** Lists of words by what came and went; the whole list where only the order differs. */
function listDiff(now: readonly string[], want: readonly string[], path: string): readonly Change[] {
  const gone = now.filter((item) => !want.includes(item));
  const come = want.filter((item) => !now.includes(item));
  if (gone.length === 0 && come.length === 0) {
    return [{ path, op: 'change', from: showable(now), to: showable(want) }];
  }
  return [
    ...gone.map((item): Change => ({ path: `${path}[]`, op: 'remove', from: item })),
    ...come.map((item): Change => ({ path: `${path}[]`, op: 'add', to: item })),
  ];
}

function isWordList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}
