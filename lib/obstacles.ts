import type { Converging } from './converging.ts';
import type { Ask } from './fact.ts';
import { refuse } from './refuse.ts';
import type { Step } from './step.ts';
import { foreseeImpossible } from './step-obstacles.ts';
import type { Task } from './task.ts';

/** What a task is about to do. */
interface Doing {
  readonly now: unknown;
  readonly want: unknown;
  readonly steps: readonly Step[];
}

/** What is to be known of steps before they are performed. */
interface Ahead {
  /** In check mode, what may stand in their way, in words. */
  readonly note?: string;
  /** In check mode, which folders that they write to are elsewhere in truth. */
  readonly leads: readonly string[];
}

/**
 * Looks for what stands in the way of a task's steps: of its own, in check mode and by an apply alike; of any step, in
 * check mode.
 * @throws DabookError `refused` for what is sure to
 */
export async function refuseObstacles(
  task: Task<unknown>,
  { now, want, steps }: Doing,
  ask: Ask,
  { mode, unseen, machine }: Pick<Converging, 'mode' | 'unseen' | 'machine'>,
): Promise<Ahead> {
  if (steps.length === 0) return { leads: [] };
  const { doubts, leads } =
    mode === 'check' ? await foreseeImpossible(steps, ask, machine.foreseen) : { doubts: [], leads: [] };
  const fact = task.obstacles(now, want);
  const found = fact === undefined ? [] : await ask.fact(fact);
  const isOpen = mode === 'check' && unseen.mayChange(machine.name);
  const certain = isOpen ? [] : found.filter(({ isCertain }) => isCertain);
  if (certain.length > 0) {
    const hints = new Set(certain.map(({ hint }) => hint));
    throw refuse(certain.map(({ why }) => why).join('; '), [...hints].join('; '));
  }
  // What was in the way of nothing need not be told afterwards.
  if (mode !== 'check' || doubts.length + found.length === 0) return { leads };
  const after = isOpen && found.length > 0 ? ', unless what comes before changes that' : '';
  const note = `may not work: ${[...doubts, ...found.map(({ why }) => why)].join('; ')}${after}`;
  return { note, leads };
}
