import type { Converging } from './converging.ts';
import { codeOf } from './errors.ts';
import type { Step } from './step.ts';
import type { Task } from './task.ts';

/** How often a write that lost against another writer is decided anew at least; longer within `settle`. */
const conflictRetries = 10;
/** How often the connection may be lost in the middle of a task's steps. */
const mostLosses = 3;

/** What went wrong with the steps of a task and was no reason to give up. */
export interface Setbacks {
  /** How many there were. */
  readonly count: number;
  /** The connection died under the step that was done last. */
  readonly lost: unknown;
  /**
   * Judges how the steps ended.
   * @returns milliseconds to wait before what is to be done is decided anew
   * @throws the error itself, where it is the end of the task
   */
  judge(error: unknown, steps: readonly Step[]): number;
}

/**
 * Counts what a task survives: writes that lost against another writer, and connections that died under a step. Of
 * neither is it known what the host is like afterwards, so it has to be looked at again.
 */
export function createSetbacks(task: Task<unknown>, { signal }: Pick<Converging, 'signal'>): Setbacks {
  const started = performance.now();
  let conflicts = 0;
  let losses = 0;
  let lost: unknown;

  /** Whether a write that lost against another writer may be decided anew once more. */
  const mayConflict = () => {
    const isLate = performance.now() - started > task.settle.timeout * 1000;
    return ++conflicts <= conflictRetries || !isLate;
  };
  const judge = (error: unknown, steps: readonly Step[]): number => {
    if (signal.aborted) throw error;
    const code = codeOf(error);
    // Of an opaque one nothing can be read, so nothing can be decided anew; but work that goes on is found again.
    if (task.opaque && (code !== 'lost' || !goesOn(steps))) throw error;
    if (code === 'lost') {
      lost = error;
      if (++losses > mostLosses) throw error;
      // What the Engine was asked for on a connection that died it may still be at.
      return 1000;
    }
    // The call before, of which nobody knows, may have been done after it was looked for.
    const isEcho = code === 'command' && lost !== undefined;
    if (!isEcho && !(code === 'conflict' && mayConflict())) throw error;
    lost = undefined;
    return Math.random() * 50 * 2 ** Math.min(conflicts, 6);
  };
  return {
    get count() {
      return conflicts + losses;
    },
    get lost() {
      return lost;
    },
    judge,
  };
}

/** Whether it is one step, which goes on without its connection: performed again, it is waited for. */
function goesOn(steps: readonly Step[]): boolean {
  const [step, ...more] = steps;
  return step?.kind === 'exec' && step.detached === true && more.length === 0;
}
