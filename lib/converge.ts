import { setTimeout as sleep } from 'node:timers/promises';
import { createAsk, readFact } from './ask.ts';
import { diff } from './diff.ts';
import { equal } from './equal.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Happening, TaskStatus } from './events.ts';
import type { Ask } from './fact.ts';
import { faultOf } from './fault.ts';
import type { Machine } from './machine.ts';
import { perform } from './perform.ts';
import type { Redactor } from './redact.ts';
import { type Step, showStep } from './step.ts';
import type { Task } from './task.ts';
import { isKnown, Unknown } from './unknown.ts';

/** What the tasks of a host are run with. */
export interface Converging {
  readonly machine: Machine;
  readonly machineOf: (host: string) => Machine;
  readonly become: boolean;
  /** `check`: nothing is written, states are foreseen. `read`: outside of the limit, nothing is even planned. */
  readonly mode: 'apply' | 'check' | 'read';
  /** The play's title, and the playbook's line that asked. */
  readonly play?: string | undefined;
  readonly where?: string | undefined;
  readonly emit: (event: Happening) => void;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly nextTask: () => number;
}

/** How one task ended: the state that it left or foresaw. */
export interface Outcome<S = unknown> {
  readonly status: TaskStatus;
  readonly state: S;
}

/** How often a write that lost against another writer is decided anew at least; longer within `settle`. */
const conflictRetries = 10;
/** How often other steps may follow from the state that earlier ones left. */
const rounds = 6;

/**
 * Brings a list of tasks about, in order. All facts are read at once; after a change those of the tasks
 * behind it are read again, so a list with nothing to do costs one round trip.
 * @throws the error of the first task that failed; those behind it are not begun
 */
export async function converge(tasks: readonly Task<unknown>[], c: Converging): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let readings = readAll(tasks, 0, c);
  for (const [index, task] of tasks.entries()) {
    const ended = await one(task, readings[index] ?? read(task, c), c);
    outcomes.push(ended);
    const changed = ended.status === 'changed' || ended.status === 'would-change';
    if (changed) readings = readAll(tasks, index + 1, c);
  }
  return outcomes;
}

function readAll(tasks: readonly Task<unknown>[], from: number, c: Converging): Promise<unknown>[] {
  const readings = tasks.map((task, index) => (index < from ? Promise.resolve() : read(task, c)));
  // A task that fails ends the list; the readings of those behind it must not be unhandled then.
  for (const reading of readings) reading.catch(() => {});
  return readings;
}

async function read(
  task: Task<unknown>,
  c: Converging,
  ask: Ask = createAsk(c.machine, c),
): Promise<unknown> {
  const state = await readFact(task.fact, ask, c.machine);
  c.redactor.learn(state);
  return state;
}

/** One task, told from its start to its end. */
async function one(task: Task<unknown>, reading: Promise<unknown>, c: Converging): Promise<Outcome> {
  const id = c.nextTask();
  const about = { host: c.machine.name, task: id, name: task.name, title: task.title };
  const play = c.play === undefined ? {} : { play: c.play };
  const started = performance.now();
  c.emit({ type: 'task.started', ...about, ...play });
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { note, ...outcome } = await decide(task, reading, id, c);
    c.redactor.learn(outcome.state);
    const noted = note === undefined ? {} : { note };
    c.emit({ type: 'task.ended', ...about, ...play, status: outcome.status, seconds: seconds(), ...noted });
    return outcome;
  } catch (error) {
    const fault = faultOf(error, c.where);
    c.emit({ type: 'task.ended', ...about, ...play, status: 'failed', seconds: seconds(), fault });
    throw error;
  }
}

/** The algorithm: equal is ok; different is a plan; check mode stops there, apply performs and verifies. */
async function decide(
  task: Task<unknown>,
  reading: Promise<unknown>,
  id: number,
  c: Converging,
): Promise<Outcome & { note?: string }> {
  const now = await reading;
  c.signal.throwIfAborted();
  if (!isKnown(now)) return { status: 'skipped', state: unknownState(now), note: 'known after apply' };
  const want = task.want(now);
  if (equal(now, want)) return { status: 'ok', state: now };

  const steps = task.steps(now, want);
  if (c.mode === 'read') return { status: 'skipped', state: now, note: 'outside of --limit' };
  plan(task, now, want, steps, id, c);
  if (c.mode === 'check') {
    c.machine.foreseen.set(task.fact.key, want);
    if (steps.length > 0) return { status: 'would-change', state: want };
    return { status: 'ok', state: want, note: stuckReason(task, now, want) ?? 'not settled yet' };
  }
  return apply(task, steps, now, id, c);
}

function plan(
  task: Task<unknown>,
  now: unknown,
  want: unknown,
  steps: readonly Step[],
  id: number,
  c: Converging,
) {
  c.redactor.learn(steps);
  c.emit({
    type: 'task.planned',
    host: c.machine.name,
    task: id,
    changes: diff(now, want),
    steps: steps.map(showStep),
    ...(task.opaque ? { opaque: true as const } : {}),
  });
}

/** Performs the steps and reads until now equals want; other steps that then follow are performed too. */
async function apply(
  task: Task<unknown>,
  planned: readonly Step[],
  found: unknown,
  id: number,
  c: Converging,
): Promise<Outcome> {
  const asker = { become: c.become, task: id };
  const ask = createAsk(c.machine, asker);
  let steps = planned;
  let performed = false;
  let conflicts = 0;
  const started = performance.now();
  for (let round = 1; ; round++) {
    try {
      for (const step of steps) {
        c.signal.throwIfAborted();
        await perform(step, c.machine, asker, c.machineOf);
        performed = true;
      }
    } catch (error) {
      const late = performance.now() - started > task.settle.timeout * 1000;
      if (codeOf(error) !== 'conflict' || (++conflicts > conflictRetries && late)) throw error;
      // Whatever follows from what is seen now is to be done, be it the same steps again.
      steps = [];
      await sleep(Math.random() * 50 * 2 ** Math.min(conflicts, 6));
    }
    if (task.opaque) return { status: 'changed', state: task.want(found) };

    const seen = await settle(task, steps, ask, c);
    if (seen.settled) return { status: performed ? 'changed' : 'ok', state: seen.now };
    if (round >= rounds + conflicts) throw notConverged(task, seen.now, seen.want, 'its steps led nowhere');
    steps = seen.steps;
    plan(task, seen.now, seen.want, steps, id, c);
  }
}

type Seen =
  | { readonly settled: true; readonly now: unknown }
  | {
      readonly settled: false;
      readonly now: unknown;
      readonly want: unknown;
      readonly steps: readonly Step[];
    };

/** Reads until the state is as wanted, or until steps follow from it that were not just performed. */
async function settle(
  task: Task<unknown>,
  performed: readonly Step[],
  ask: Ask,
  c: Converging,
): Promise<Seen> {
  const { timeout, interval = 1 } = task.settle;
  const deadline = performance.now() + timeout * 1000;
  for (let pause = 0.1; ; pause = Math.min(pause * 1.5, interval)) {
    const now = await read(task, c, ask);
    const late = performance.now() >= deadline;
    const want = wantUnlessRefused(task, now, late);
    if (want !== refused) {
      if (equal(now, want)) return { settled: true, now };
      const steps = task.steps(now, want);
      if (steps.length > 0 && !equal(steps.map(asText), performed.map(asText))) {
        return { settled: false, now, want, steps };
      }
      const stuck = task.stuck(now, want);
      if (stuck?.final || late) {
        const waited = late && timeout > 0 ? `after ${timeout} s` : undefined;
        throw notConverged(task, now, want, [waited, stuck?.reason].filter(Boolean).join(': '));
      }
    }
    c.signal.throwIfAborted();
    await sleep(pause * 1000, undefined, { signal: c.signal });
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

function stuckReason(task: Task<unknown>, now: unknown, want: unknown): string | undefined {
  return task.stuck(now, want)?.reason;
}

function notConverged(task: Task<unknown>, now: unknown, want: unknown, why: string): DabookError {
  const first = diff(now, want)
    .slice(0, 5)
    .map(
      ({ path, from, to }) =>
        `${path}: ${JSON.stringify(from ?? null)}, wanted ${JSON.stringify(to ?? null)}`,
    );
  const message = why === '' ? `${task.name} did not converge` : `${task.name} did not converge: ${why}`;
  return new DabookError('not-converged', message, { hint: `still different: ${first.join('; ')}` });
}

/** A state of which nothing is known: each of its properties is an unknown. */
function unknownState(state: Unknown): unknown {
  return new Proxy(state, {
    get: (target, property, receiver) =>
      typeof property === 'string' && property !== 'then' && !(property in target)
        ? new Unknown(`${property} of ${target.what}`)
        : Reflect.get(target, property, receiver),
  });
}
