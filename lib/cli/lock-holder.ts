import { hostname } from 'node:os';
import { visible } from '../visible.ts';
import { again } from './again.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';

/** Who holds the locks of a run, for those who find them held: one line. */
export function lockHolder(io: Io): string {
  const who = `${operator(io).name}@${hostname()}`;
  const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return visible(`${who} since ${since}, process ${process.pid}: ${again(io.argv)}`).slice(0, 500);
}
