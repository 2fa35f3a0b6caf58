import { apply } from './apply.ts';
import { type Converging, type Outcome, plan, read } from './converging.ts';
import { endingOf } from './ending.ts';
import { equal } from './equal.ts';
import { notConverged } from './settle.ts';
import type { Task } from './task.ts';
import { isKnown, Unknown } from './unknown.ts';

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
    c.emit({ type: 'task.ended', ...about, ...play, seconds: seconds(), ...endingOf(error, c.where) });
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
    for (const follows of task.foresees(now, want)) {
      if ('state' in follows) c.machine.foreseen.set(follows.fact.key, follows.state);
      else c.machine.foreseen.delete(follows.fact.key);
    }
    if (steps.length > 0) return { status: 'would-change', state: want };
    const stuck = task.stuck(now, want);
    if (stuck?.final) throw notConverged(task, now, want, stuck.reason);
    return { status: 'ok', state: want, note: stuck?.reason ?? 'not settled yet' };
  }
  return apply(task, steps, now, id, c);
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
