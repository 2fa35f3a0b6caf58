import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Position } from '../input-fault.ts';

/** A position in a file, with the line it names; lines and columns from 1. The file is shown relative to `cwd`. */
export async function positionIn(path: string, line: number, column: number, cwd: string): Promise<Position> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split(/\r?\n/);
  const near = relative(cwd, path);
  const file = near.startsWith('../..') ? path : near;
  return { file, line, column, text: lines[line - 1] ?? '' };
}
