import { equal } from '../../lib/equal.ts';
import { codeOf, DabookError } from '../../lib/errors.ts';
import { perform } from '../../lib/perform.ts';
import { destructionsOf, type Step } from '../../lib/step.ts';
import type { Task } from '../../lib/task.ts';
import { isKnown } from '../../lib/unknown.ts';
import { frozen, unknownsIn } from './walk.ts';

/** A task, and a state that its fact may give. */
export interface Situation {
  readonly task: Task<unknown>;
  readonly now: unknown;
  /** What the task was made of, where an unknown may be in it. */
  readonly args?: unknown;
}

/**
 * What holds for each task in each state: `want` refuses, or gives what wants nothing more; all is pure; and no step can
 * send what is not known; what destroys something says so, too, where nothing is known of it.
 * @param mayThrow what `want` may throw beside refusals
 */
export async function lawful(
  { task, now, args }: Situation,
  mayThrow: readonly string[] = [],
): Promise<void> {
  // Check mode knows no more of it.
  if (!isKnown(now)) return;
  frozen(now);
  const want = twice(() => task.want(now), ['refused', ...mayThrow]);
  if (want instanceof DabookError) return;
  frozen(want);
  const wanted = task.want(want);
  // What is always done has nothing to observe.
  if (!task.opaque && !equal(wanted, want)) throw violation('what is wanted wants more', want, wanted);
  twice(() => task.stuck(now, want));
  twice(() => task.foresees(now, want).map(({ fact, ...state }) => ({ key: fact.key, ...state })));
  if (equal(now, want)) return;
  const steps = twice(() => task.steps(now, want)) as readonly Step[];
  frozen(steps);
  if (destructionsOf(steps).length > 0 && twice(() => task.endangers()) === undefined)
    throw violation('nobody is asked before, where it is not known that it destroys something', steps);
  const isAllKnown = task.fact.known && unknownsIn([now, args]).length === 0;
  for (const step of steps) await sendsNoUnknown(step, isAllKnown);
}

/** The same answer each time it is asked, or the same refusal. */
function twice(work: () => unknown, mayThrow: readonly string[] = []): unknown {
  const outcome = () => {
    try {
      return work();
    } catch (error) {
      if (mayThrow.includes(codeOf(error) ?? '')) return error;
      throw error;
    }
  };
  const [first, second] = [outcome(), outcome()];
  const [one, other] = [first, second].map((it) => (it instanceof DabookError ? it.message : asData(it)));
  if (!equal(one, other)) throw violation('two answers to the same question', one, other);
  return first;
}

/** Steps hold commands, which are no plain data. */
function asData(value: unknown): unknown {
  return Array.isArray(value) ? JSON.parse(JSON.stringify(value)) : value;
}

/**
 * A step of a known state, with known arguments, has no unknown at all. Any other may show one; then the engine has to
 * refuse it before it asks anything of a host.
 */
async function sendsNoUnknown(step: Step, isAllKnown: boolean): Promise<void> {
  const { title: _title, hint: _hint, destroys: _destroys, ...sent } = step as Step & Record<string, unknown>;
  // What is only told must not hold one either where all is known.
  const found = unknownsIn(isAllKnown ? step : sent);
  if (found.length === 0) return;
  if (isAllKnown) throw violation('all is known, and a step mentions an unknown', step, found);
  const never = async () => {
    throw violation('an unknown would be sent', step, found);
  };
  const machine = { exec: never, docker: never } as never;
  const around = { machineOf: () => machine, signal: new AbortController().signal };
  try {
    await perform(step, machine, { become: true, task: 1 }, around);
  } catch (error) {
    if (error instanceof DabookError && error.code === 'bug') return;
    throw error;
  }
  throw violation('an unknown was sent', step, found);
}

function violation(what: string, ...values: readonly unknown[]): Error {
  return new Error([what, ...values.map((value) => JSON.stringify(value, undefined, 2))].join('\n'));
}
