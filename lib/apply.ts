import { announced } from './announced.ts';
import { createAsk } from './ask.ts';
import { type Converging, type Outcome, plan, type Readings } from './converging.ts';
import { codeOf, DabookError, messageOf } from './errors.ts';
import { pause } from './pause.ts';
import { perform } from './perform.ts';
import { notConverged, settle } from './settle.ts';
import type { Step } from './step.ts';
import type { Task } from './task.ts';

/** How often a write that lost against another writer is decided anew at least; longer within `settle`. */
const conflictRetries = 10;
/** How often the connection may be lost in the middle of a task's steps. */
const mostLosses = 3;
/** How often other steps may follow from the state that earlier ones left. */
const rounds = 6;

/**
 * Performs the steps and reads until now equals want; other steps that then follow are performed too. Where the
 * connection died under a step, what the host is like then decides whether it was done: it is never just repeated.
 * @param readBehind reads the facts of the tasks that come after; it is called together with a look that may be the last
 */
export async function apply(
  task: Task<unknown>,
  planned: readonly Step[],
  found: unknown,
  id: number,
  c: Converging,
  readBehind: () => Readings,
): Promise<Outcome> {
  const asker = { become: c.become, task: id };
  const ask = createAsk(c.machine, asker);
  let steps = planned;
  let performed = false;
  let conflicts = 0;
  let losses = 0;
  let lost: unknown;
  const started = performance.now();
  for (let round = 1; ; round++) {
    try {
      for (const step of steps) {
        await announced(step, id, c, () => perform(step, c.machine, asker, c));
        performed = true;
      }
    } catch (error) {
      if (c.signal.aborted) throw error;
      const isLost = codeOf(error) === 'lost';
      // Of an opaque one nothing can be read, so nothing can be decided anew; but work that goes on is found again.
      if (task.opaque && (!isLost || !goesOn(steps))) throw error;
      // The call before, of which nobody knows, may have been done after it was looked for.
      const isEcho = codeOf(error) === 'command' && lost !== undefined;
      const late = performance.now() - started > task.settle.timeout * 1000;
      const isConflict = codeOf(error) === 'conflict' && !(++conflicts > conflictRetries && late);
      if (!isLost && !isEcho && !isConflict) throw error;
      lost = isLost ? error : undefined;
      // If it is as wanted by now, that is most likely why.
      performed ||= isLost && !task.opaque;
      if (isLost && ++losses > mostLosses) throw error;
      // Whatever follows from what is seen now is to be done, be it the same steps again.
      if (!task.opaque) steps = [];
      // What the Engine was asked for on a connection that died it may still be at.
      await pause(isLost ? 1000 : Math.random() * 50 * 2 ** Math.min(conflicts, 6), c.signal);
    }
    if (task.opaque && performed) return { status: 'changed', state: task.want(found) };

    if (task.opaque) continue;
    const seen = await settle(task, steps, found, ask, c, readBehind).catch((error: unknown) => {
      throw lost !== undefined && codeOf(error) === 'unreachable' ? outcomeUnknown(lost, error) : error;
    });
    if (seen.settled) return { status: performed ? 'changed' : 'ok', state: seen.now, behind: seen.behind };
    if (round >= rounds + conflicts + losses)
      throw notConverged(task, seen.now, seen.want, 'its steps led nowhere');
    steps = seen.steps;
    plan(task, seen.now, seen.want, steps, id, c);
  }
}

/** Whether it is one step, which goes on without its connection: performed again, it is waited for. */
function goesOn(steps: readonly Step[]): boolean {
  const [step, ...more] = steps;
  return step?.kind === 'exec' && step.detached === true && more.length === 0;
}

/** The host of a step that was lost could not be asked how far it got. */
function outcomeUnknown(lost: unknown, cause: unknown): DabookError {
  return new DabookError('lost', messageOf(lost), {
    hint: 'whether the step was done is not known: the next run looks, and goes on from what it finds',
    cause,
  });
}
