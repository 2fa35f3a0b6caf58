import { actingAs } from './acting-as.ts';
import { apply } from './apply.ts';
import { createAsk } from './ask.ts';
import { beforeChange, consentTo } from './before-change.ts';
import {
  asRoot,
  type Converging,
  isChange,
  type Outcome,
  planOf,
  planOfUnknown,
  type Readings,
  read,
} from './converging.ts';
import { cutOff, endingOf } from './ending.ts';
import { equal } from './equal.ts';
import type { DabookError } from './errors.ts';
import type { TaskEnded } from './events.ts';
import { foresee, foreseeSomething } from './foresee.ts';
import { refuseObstacles } from './obstacles.ts';
import { waitsFor } from './perform-ask.ts';
import { refuse } from './refuse.ts';
import { notConverged } from './settle.ts';
import type { Task } from './task.ts';
import { isKnown, Unknown } from './unknown.ts';

/**
 * Brings a list of tasks about, in order. All facts are read at once; after a change those of the tasks
 * behind it are read again, so a list with nothing to do costs one round trip.
 * @param early what {@link readEarly} gave for these tasks; used where nothing has changed since
 * @throws the error of the first task that failed; those behind it are not begun
 */
export async function converge(
  tasks: readonly Task<unknown>[],
  c: Converging,
  early?: Early,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const known = early?.since === c.machine.changes.count ? early : undefined;
  let readAt = known?.at ?? performance.now();
  let readings = known?.readings ?? readAll(tasks, 0, c);
  for (const [index, task] of tasks.entries()) {
    const readBehind = () => readAll(tasks, index + 1, c);
    const reading = { state: readings[index] ?? read(task, c), at: readAt };
    const ended = await one(task, reading, c, readBehind);
    outcomes.push(ended);
    // One that is unknown may be about to change something.
    if (!isChange(ended) && ended.status !== 'unknown') continue;
    readings = ended.behind ?? readBehind();
    // By now the run has its locks: what they give is of no other run's making.
    readAt = performance.now();
  }
  return outcomes;
}

/** Facts that were asked for before it was the turn of their tasks. */
export interface Early {
  readonly readings: Readings;
  /** The machine's count of changes then. */
  readonly since: number;
  /** By `performance.now()`. */
  readonly at: number;
}

/** What a task's fact gives, and when it was asked. */
interface Reading {
  readonly state: Promise<unknown>;
  readonly at: number;
}

/**
 * Reads the facts of a list at once, though others may come first: what is asked of a host in one tick is one round
 * trip. Not while a step is under way: what is seen then would have to be read again.
 */
export function readEarly(tasks: readonly Task<unknown>[], c: Converging): Early | undefined {
  const { count, underWay } = c.machine.changes;
  if (underWay > 0 || c.signal.aborted) return undefined;
  return { at: performance.now(), readings: readAll(tasks, 0, c), since: count };
}

function readAll(tasks: readonly Task<unknown>[], from: number, c: Converging): Readings {
  const readings = tasks.map((task, index) => (index < from ? Promise.resolve() : read(task, c)));
  // A task that fails ends the list; the readings of those behind it must not be unhandled then.
  for (const reading of readings) reading.catch(() => {});
  return readings;
}

/** One task, told from its start to its end. */
async function one(
  task: Task<unknown>,
  reading: Reading,
  c: Converging,
  readBehind: () => Readings,
): Promise<Outcome> {
  const id = c.nextTask();
  const about = { host: c.machine.name, task: id, name: task.name, title: task.title };
  const play = c.play === undefined ? {} : { play: c.play };
  const started = performance.now();
  const { count } = c.machine.changes;
  c.emit({ type: 'task.started', ...about, ...play });
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { note, form, ...outcome } = await decide(task, reading, id, c, readBehind);
    c.redactor.learn(outcome.state);
    const noted = { ...(note === undefined ? {} : { note }), ...(form === undefined ? {} : { form }) };
    const { status } = outcome;
    c.emit({
      type: 'task.ended',
      ...about,
      ...play,
      status,
      seconds: seconds(),
      ...asRoot(task, c),
      ...noted,
    });
    return outcome;
  } catch (error) {
    const isCutOff = c.signal.aborted && c.machine.changes.count === count;
    const ending = (isCutOff && cutOff(error)) || endingOf(error, c.where);
    c.emit({ type: 'task.ended', ...about, ...play, seconds: seconds(), ...asRoot(task, c), ...ending });
    throw error;
  }
}

/**
 * The algorithm: equal is ok; different is a plan; check mode stops there, apply performs and verifies. What was read
 * before the host was locked is read again before anything follows from it.
 */
async function decide(
  task: Task<unknown>,
  reading: Reading,
  id: number,
  c: Converging,
  readBehind: () => Readings,
): Promise<Outcome & Pick<TaskEnded, 'note' | 'form'>> {
  const now = await reading.state;
  c.signal.throwIfAborted();
  if (!isKnown(now)) {
    if (c.mode === 'check') {
      c.machine.changes.count += 1;
      foreseeSomething(c.machine.foreseen, task, now);
      const planned = planOfUnknown(task, id, c);
      if (planned !== undefined) c.emit(planned);
    }
    return { status: 'unknown', state: unknownState(now), note: 'known after apply' };
  }
  const want = task.want(now);
  if (equal(now, want)) return { status: 'ok', state: now };

  const steps = task.steps(now, want);
  if (c.mode === 'read') return { status: 'skipped', state: now, note: 'outside of --limit' };
  // What is asked of the operator changes nothing before there are answers; the host itself is locked for these.
  const as = actingAs(task, c);
  const changes = c.mode === 'apply' && steps.some(({ kind }) => kind !== 'ask');
  if (changes && !(await beforeChange(as, reading.at, c))) {
    const again = { at: performance.now(), state: read(task, c) };
    return decide(task, again, id, c, readBehind);
  }
  if (c.mode === 'check' && c.strict && task.opaque) throw unobservable();
  const ask = createAsk(c.machine, { ...as, task: id });
  const { note, leads } = await refuseObstacles(task, { now, want, steps }, ask, c);
  const planned = { ...planOf(task, now, want, steps, id, c), ...(leads.length > 0 ? { leads } : {}) };
  if (changes) await consentTo(task, planned, c);
  c.emit(planned);
  if (c.mode === 'check') {
    c.machine.changes.count += 1;
    const following = foresee(c.machine.foreseen, task, now, want, steps);
    c.unseen.foreseen(c.machine.name, steps, following);
    const noted = note === undefined ? {} : { note };
    const asked = steps.find((step) => step.kind === 'ask');
    if (asked !== undefined) {
      // A person's to do: what follows goes on with answers that nobody knows yet.
      const waits = [waitsFor(asked.form), ...Object.values(noted)].join('; ');
      return { status: 'waiting', state: want, note: waits, form: asked.form };
    }
    if (steps.length > 0) return { status: 'would-change', state: want, ...noted };
    const stuck = task.stuck(now, want);
    if (stuck?.final) throw notConverged(task, now, want, stuck.reason);
    return { status: 'ok', state: want, note: stuck?.reason ?? 'not settled yet' };
  }
  return apply(task, steps, now, id, c, readBehind);
}

function unobservable(): DabookError {
  return refuse(
    'it observes nothing, so nobody can know before what it would change (--strict)',
    'give it a condition, such as `creates` or `unless` of a command',
  );
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
