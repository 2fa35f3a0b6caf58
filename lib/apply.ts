import { actingAs } from './acting-as.ts';
import { announced } from './announced.ts';
import { createAsk } from './ask.ts';
import { beforeChange, consentTo } from './before-change.ts';
import { type Converging, type Outcome, planOf, type Readings } from './converging.ts';
import { codeOf, DabookError, messageOf } from './errors.ts';
import type { Ask } from './fact.ts';
import { pause } from './pause.ts';
import { perform } from './perform.ts';
import { createSetbacks } from './setbacks.ts';
import { notConverged, settle } from './settle.ts';
import { destructionsOf, type Step } from './step.ts';
import { refuseImpossible } from './step-obstacles.ts';
import type { Task } from './task.ts';

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
  const asker = { ...actingAs(task, c), task: id };
  const ask = createAsk(c.machine, asker);
  let steps = planned;
  // Whoever agreed to the first steps agreed to what follows from them: to what destroys only if they do.
  let agreed = weightOf(planned);
  let performed = false;
  const setbacks = createSetbacks(task, c);
  for (let round = 1; ; round++) {
    try {
      for (const step of steps) {
        await announced(step, id, c, () => perform(step, c.machine, asker, c)).catch((error: unknown) =>
          failed(error, step, ask),
        );
        performed = true;
      }
    } catch (error) {
      const wait = setbacks.judge(error, steps);
      // If it is as wanted by now, what was lost is most likely why.
      performed ||= setbacks.lost !== undefined && !task.opaque;
      // Whatever follows from what is seen now is to be done, be it the same steps again.
      if (!task.opaque) steps = [];
      await pause(wait, c.signal);
    }
    if (task.opaque && performed) return { status: 'changed', state: task.want(found) };

    if (task.opaque) continue;
    const seen = await settle(task, steps, found, ask, c, readBehind).catch((error: unknown) => {
      const { lost } = setbacks;
      throw lost !== undefined && codeOf(error) === 'unreachable' ? outcomeUnknown(lost, error) : error;
    });
    if (seen.settled) return { status: performed ? 'changed' : 'ok', state: seen.now, behind: seen.behind };
    if (round >= rounds + setbacks.count)
      throw notConverged(task, seen.now, seen.want, 'its steps led nowhere');
    steps = seen.steps;
    if (agreed === 0 && !(await beforeChange(asker, seen.at, c))) {
      steps = [];
      continue;
    }
    const next = planOf(task, seen.now, seen.want, steps, id, c);
    if (weightOf(steps) > agreed) {
      await consentTo(task, next, c);
      agreed = weightOf(steps);
    }
    c.emit(next);
  }
}

/** How much it takes to agree to steps: none, such that change something, such that destroy something. */
function weightOf(steps: readonly Step[]): 0 | 1 | 2 {
  if (steps.length === 0) return 0;
  return destructionsOf(steps).length > 0 ? 2 : 1;
}

/** Throws why a step failed, in the words of a check where that would have said so. */
async function failed(error: unknown, step: Step, ask: Ask): Promise<never> {
  if (codeOf(error) === 'command') await refuseImpossible(step, ask);
  throw error;
}

/** The host of a step that was lost could not be asked how far it got. */
function outcomeUnknown(lost: unknown, cause: unknown): DabookError {
  return new DabookError('lost', messageOf(lost), {
    hint: 'whether the step was done is not known: the next run looks, and goes on from what it finds',
    cause,
  });
}
