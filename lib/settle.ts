import { type Converging, type Readings, read } from './converging.ts';
import { diff } from './diff.ts';
import { equal } from './equal.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Ask } from './fact.ts';
import { pause } from './pause.ts';
import type { Step } from './step.ts';
import type { Task } from './task.ts';

/** What a task came to: as wanted, or with other steps that follow. */
type Seen =
  | { readonly settled: true; readonly now: unknown; readonly behind: Readings | undefined }
  | {
      readonly settled: false;
      readonly now: unknown;
      readonly want: unknown;
      readonly steps: readonly Step[];
      /** When it was looked at, by `performance.now()`. */
      readonly at: number;
    };

/**
 * Reads until the state is as wanted, or until steps follow from it that were not just performed.
 * @param found the state before anything was done
 * @param readBehind reads the facts of the tasks that come after: with the first look, as most settle at once, so
 * that both are one round trip; what they give is of use when that look is the last
 */
export async function settle(
  task: Task<unknown>,
  performed: readonly Step[],
  found: unknown,
  ask: Ask,
  c: Converging,
  readBehind: () => Readings,
): Promise<Seen> {
  const { timeout, interval = 1 } = task.settle;
  const deadline = performance.now() + timeout * 1000;
  const past = new Set(task.stuck(found, task.want(found))?.finalWhenMore);
  let looks = 0;
  for (let seconds = 0.1; ; seconds = Math.min(seconds * 1.5, interval)) {
    const at = performance.now();
    const looking = read(task, c, ask);
    const behind = looks++ === 0 ? readBehind() : undefined;
    const now = await looking;
    const late = performance.now() >= deadline;
    const want = wantUnlessRefused(task, now, late);
    if (want !== refused) {
      if (equal(now, want)) return { settled: true, now, behind };
      const steps = task.steps(now, want);
      if (steps.length > 0 && !equal(steps.map(asText), performed.map(asText))) {
        return { settled: false, now, want, steps, at };
      }
      const stuck = task.stuck(now, want);
      const marks = stuck?.finalWhenMore ?? [];
      if (stuck?.final === true || marks.some((mark) => !past.has(mark)) || late) {
        const waited = late && timeout > 0 ? `after ${timeout} s` : undefined;
        throw notConverged(task, now, want, [waited, stuck?.reason].filter(Boolean).join(': '));
      }
    }
    await pause(seconds * 1000, c.signal);
  }
}

const refused = Symbol('refused');

/** On the way a state may look like one to refuse, such as a manager without a leader; not for ever. */
function wantUnlessRefused(task: Task<unknown>, now: unknown, late: boolean): unknown {
  try {
    return task.want(now);
  } catch (error) {
    if (late || codeOf(error) !== 'refused') throw error;
    return refused;
  }
}

/** Steps are told apart by what they would show and send, secrets by their label. */
function asText(step: Step): string {
  return JSON.stringify(step);
}

/** The error of a task whose state did not become as wanted. */
export function notConverged(task: Task<unknown>, now: unknown, want: unknown, why: string): DabookError {
  const first = diff(now, want)
    .slice(0, 5)
    .map(
      ({ path, from, to }) =>
        `${path}: ${JSON.stringify(from ?? null)}, wanted ${JSON.stringify(to ?? null)}`,
    );
  const message = why === '' ? `${task.name} did not converge` : `${task.name} did not converge: ${why}`;
  return new DabookError('not-converged', message, { hint: `still different: ${first.join('; ')}` });
}
