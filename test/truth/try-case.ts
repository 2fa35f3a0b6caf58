import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event } from '../../lib/events.ts';
import type { KeptPlan } from '../../lib/plan/kept-plan.ts';
import { dabook, type Ran } from '../e2e/dabook.ts';
import { now } from '../e2e/engine-truth.ts';
import type { Job } from '../faults/job.ts';
import type { Lab } from '../lab/lab.ts';
import type { Disturbance } from './disturbances.ts';
import { named } from './named.ts';
import {
  changed,
  leaderless,
  type Node,
  type Observed,
  objectsOfEvents,
  observe,
  type Told,
} from './observe.ts';

/** What a case came to. */
export interface Tried {
  /** What was not as it has to be. */
  readonly faults: readonly string[];
  /** What the case was: `3 changes`, `refused`. */
  readonly figures: string;
  /** Whether the lab is as it should be again. */
  readonly isMended: boolean;
}

/** One disturbance, with what its choices hang on. */
export interface Done {
  readonly disturbance: Disturbance;
  readonly pick: <T>(list: readonly T[]) => T;
}

/**
 * Disturbs an installation that is as it should be, makes a plan, applies it, and holds what the plan named against
 * what the engines and the file systems say.
 * @param move what is done between plan and apply, which then has to stop before its first write
 */
export async function tryCase(job: Job, done: readonly Done[], move: Done | undefined): Promise<Tried> {
  try {
    return await tryOnce(job, done, move);
  } finally {
    for (const { disturbance } of done) await disturbance.undo?.(job.lab);
  }
}

async function tryOnce(job: Job, done: readonly Done[], move: Done | undefined): Promise<Tried> {
  const { lab } = job;
  for (const each of done) await disturb(lab, each);
  await steady(lab);
  const faults: string[] = [];
  const looked = await looksOnly(lab, () => plan(job));
  faults.push(...looked.faults);
  let [planned, before] = [looked.result, looked.after];
  if (planned.status !== 0) return { ...(await refused(job, planned, before, faults)), isMended: false };

  if (move !== undefined && (await keptPlan(lab)).tasks.length > 0) {
    await disturb(lab, move);
    await steady(lab);
    // What an earlier disturbance took away cannot be moved.
    if (changed(before, await observe(lab)).length > 0) {
      const stale = await looksOnly(lab, () => apply(job));
      if (stale.result.status !== 7) {
        faults.push(
          `a plan that does not hold any more ended with ${stale.result.status}: ${stale.result.stderr}`,
        );
      }
      faults.push(...stale.faults);
    }
    planned = await plan(job);
    before = await observe(lab);
    if (planned.status !== 0) return { ...(await refused(job, planned, before, faults)), isMended: false };
  }

  const { tasks } = await keptPlan(lab);
  const since = await now(lab);
  const ran = await apply(job);
  const isDoubted = isDoubtedIn(tasks, ran);
  if (ran.status !== 0 && !isDoubted) faults.push(`apply ended with ${ran.status}: ${trouble(ran)}`);
  const after = await observe(lab);
  const unlike = heldAgainst(tasks, before, after, await objectsOfEvents(lab, since));
  faults.push(...(isDoubted ? unlike.filter((fault) => !isUnseen(fault)) : unlike));
  if (ran.status !== 0) {
    const end = isDoubted ? `refused as the plan doubts: ${trouble(ran)}` : 'failed';
    return { faults, figures: `${tasks.length} tasks, ${end}`, isMended: false };
  }

  await steady(lab);
  const again = await looksOnly(lab, () => job.run());
  const changes = changesOf(again.result.events);
  if (again.result.status !== 0)
    faults.push(`the run after that ended with ${again.result.status}: ${trouble(again.result)}`);
  if (changes.length > 0) faults.push(`the run after that changed: ${changes.join('; ')}`);
  faults.push(...again.faults);
  return { faults, figures: `${tasks.length} tasks`, isMended: faults.length === 0 };
}

/** Of several, one may find gone what it is about. */
async function disturb(lab: Lab, { disturbance, pick }: Done): Promise<void> {
  await disturbance.do(lab, pick).catch(() => undefined);
}

/** What check says that would fail, fails; and nothing is changed that it did not name. */
async function refused(
  job: Job,
  planned: Ran,
  before: Observed,
  faults: readonly string[],
): Promise<Pick<Tried, 'faults' | 'figures'>> {
  const { lab } = job;
  const { tasks } = JSON.parse(planned.stdout.trim().split('\n').at(-1) ?? '{}') as KeptPlan;
  const checked = await job.run('--check');
  const since = await now(lab);
  const ran = await job.run();
  const [would, did] = [failuresOf(checked.events), failuresOf(ran.events)];
  return {
    faults: [
      ...faults,
      ...(ran.status === checked.status
        ? []
        : [`check ends with ${checked.status}, the run with ${ran.status}`]),
      ...(would.length > 0
        ? []
        : [`a check that ends with ${checked.status} names nothing that would fail: ${planned.stderr}`]),
      ...would
        .filter((each) => !did.includes(each))
        .map((each) => `check says what the run does not: ${each}`),
      ...did.filter((each) => !would.includes(each)).map((each) => `check does not say: ${each}`),
      ...heldAgainst(tasks, before, await observe(lab), await objectsOfEvents(lab, since)).filter(
        (fault) => !isUnseen(fault),
      ),
    ],
    figures: `refused: ${would.map((each) => each.slice(0, 400)).join('; ')}`,
  };
}

/** A run that fails may end before all of it is done. */
function isUnseen(fault: string): boolean {
  return fault.startsWith('named and not seen');
}

/** Whether a run failed of nothing but what the plan says that may stand in its way. */
function isDoubtedIn(tasks: KeptPlan['tasks'], { events }: Ran): boolean {
  const failed = events.flatMap((event) =>
    event.type === 'task.ended' && event.status === 'failed' ? [event] : [],
  );
  return (
    failed.length > 0 &&
    failed.every(({ host, name, fault }) =>
      tasks.some(
        (task) =>
          task.host === host &&
          task.name === name &&
          task.doubt?.includes(fault?.message.split('\n')[0] ?? '\n'),
      ),
    )
  );
}

function heldAgainst(
  tasks: KeptPlan['tasks'],
  before: Observed,
  after: Observed,
  events: Told,
): readonly string[] {
  const what = named(tasks, [before, after]);
  const seen = changed(before, after);
  return [
    ...seen
      .filter((thing) => !what.covers(thing))
      .map((thing) => `changed and not named: ${thing}: ${before.get(thing)} -> ${after.get(thing)}`),
    ...events.changed
      .filter((thing) => !what.covers(thing) && !isRewritten(thing, tasks, before, after))
      .map((thing) => `told by the engines and not named: ${thing}`),
    ...what.unseen([...seen, ...events.all]).map((task) => `named and not seen: ${task}`),
  ];
}

/** A deploy has docker write each service of the stack, with the settings that it has already; the Engine tells of that. */
function isRewritten(thing: string, tasks: KeptPlan['tasks'], before: Observed, after: Observed): boolean {
  const isSame = thing.startsWith('service ') && before.get(thing) === after.get(thing);
  return isSame && tasks.some(({ name }) => name === 'stackDeploy');
}

/** Does what must change nothing. */
async function looksOnly<T>(lab: Lab, work: () => Promise<T>) {
  const before = await observe(lab);
  const since = await now(lab);
  const result = await work();
  const after = await observe(lab);
  const events = await objectsOfEvents(lab, since);
  const faults = [...changed(before, after), ...events.changed].map(
    (thing) => `changed by what only looks: ${thing}`,
  );
  return { result, before, after, faults };
}

const planFile = 'truth.plan';

function plan(job: Job): Promise<Ran> {
  const options = job.options.flatMap((option) => ['-e', option]);
  const args = ['plan', job.playbook, '-i', job.lab.inventoryFile, '--no-type-check', '--json', ...options];
  return dabook([...args, '-o', planFile], settings(job.lab));
}

function apply(job: Job): Promise<Ran> {
  return dabook(['apply', planFile, '--no-type-check', '--json', '--yes'], settings(job.lab));
}

/** The key of plans goes with the lab. */
function settings({ dir }: Lab) {
  return { cwd: dir, env: { DABOOK_PLAN_KEY: join(dir, 'plan.key') } };
}

async function keptPlan({ dir }: Lab): Promise<KeptPlan> {
  return JSON.parse(await readFile(join(dir, planFile), 'utf8')) as KeptPlan;
}

/** Until the engines have nothing left to do: what they do by themselves is not the run's. */
async function steady(lab: Lab): Promise<void> {
  let before = '';
  for (let round = 0; round < 40; round++) {
    const { what, hasGhost } = await atWork(lab);
    const after = JSON.stringify([...(await observe(lab))]) + what;
    if (after === before && !hasGhost) return;
    before = after;
    await new Promise((done) => setTimeout(done, 1000));
  }
}

/**
 * What the engines are about, and whether the managers have yet to miss a node: one that left without a word is ready
 * for them until then, and a swarm that lost its majority with it has a leader still.
 */
async function atWork(lab: Lab): Promise<{ readonly what: string; readonly hasGhost: boolean }> {
  const ask = lab.engine(1);
  const ofStack = encodeURIComponent(JSON.stringify({ label: ['com.docker.stack.namespace=da'] }));
  const [tasks, nodes, members] = await Promise.all([
    ask<readonly { ID: string; DesiredState: string }[]>('GET', `/tasks?filters=${ofStack}`).catch(
      leaderless,
    ),
    ask<readonly Node[]>('GET', '/nodes').catch(leaderless),
    Promise.all(lab.hosts.map((_host, index) => memberOf(lab, index + 1))),
  ]);
  const each = tasks.map(({ ID, DesiredState }) => `${ID} ${DesiredState}`);
  return {
    what: [...each, ...nodes.map(({ ID, Status }) => `${ID} ${Status.State}`)].sort().join(' '),
    hasGhost: nodes.some(({ ID, Status }) => Status.State === 'ready' && !members.includes(ID)),
  };
}

/** The node that an engine is, if it is in a swarm. */
async function memberOf(lab: Lab, number: number): Promise<string | undefined> {
  const { Swarm } = await lab.engine(number)<{ Swarm: { NodeID: string; LocalNodeState: string } }>(
    'GET',
    '/info',
  );
  return Swarm.LocalNodeState === 'active' ? Swarm.NodeID : undefined;
}

function changesOf(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'task.ended' && event.status === 'changed' ? [`${event.host} ${event.title}`] : [],
  );
}

/** Of each task that failed, or would: which, and why. */
function failuresOf(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type === 'task.ended' && event.status === 'failed') {
      return [`${event.host} ${event.title}: ${event.fault?.message.split('\n')[0]}`];
    }
    return event.type === 'run.ended' && event.fault ? [event.fault.message.split('\n')[0] ?? ''] : [];
  });
}

function trouble({ events, stderr }: Ran): string {
  const whole = events.flatMap((event) => ('fault' in event && event.fault ? [event.fault.message] : []));
  return [...whole, stderr.trim()].join(' | ').replaceAll('\n', ' / ');
}
