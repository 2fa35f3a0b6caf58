import type { Converging } from './converging.ts';
import type { Ask } from './fact.ts';
import { refuse } from './refuse.ts';
import type { Task } from './task.ts';

/**
 * Looks for what stands in the way of a task's steps, in check mode and by an apply alike.
 * @returns in check mode what may stand in the way, in words
 * @throws DabookError `refused` for what is sure to
 */
export async function refuseObstacles(
  task: Task<unknown>,
  now: unknown,
  want: unknown,
  ask: Ask,
  { mode, unseen, machine }: Pick<Converging, 'mode' | 'unseen' | 'machine'>,
): Promise<string | undefined> {
  const fact = task.obstacles(now, want);
  const found = fact === undefined ? [] : await ask.fact(fact);
  const isOpen = mode === 'check' && unseen.mayChange(machine.name);
  const certain = isOpen ? [] : found.filter(({ isCertain }) => isCertain);
  if (certain.length > 0) {
    const hints = new Set(certain.map(({ hint }) => hint));
    throw refuse(certain.map(({ why }) => why).join('; '), [...hints].join('; '));
  }
  // What was in the way of nothing need not be told afterwards.
  if (mode !== 'check' || found.length === 0) return undefined;
  const after = isOpen ? ', unless what comes before changes that' : '';
  return `may not work: ${found.map(({ why }) => why).join('; ')}${after}`;
}
