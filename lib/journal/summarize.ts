import type { Change, Counts, Event, Fault, RunEnded, StepEnded, TaskEnded, TaskStatus } from '../events.ts';
import { isRunning } from '../is-running.ts';
import type { GitState, JournalLine, RunMeta } from './journal-line.ts';
import type { JournalRead } from './read-journal.ts';

/**
 * How far a run has got. `died`: its end is not written and its process is gone. `unknown`: its end is not written, and
 * its process is one of another machine.
 */
export type RunState = 'ended' | 'running' | 'died' | 'unknown';

/** What a journal tells of a run. */
export interface RunSummary {
  readonly meta: RunMeta;
  readonly git: GitState | undefined;
  readonly state: RunState;
  /** How it ended; none where it has not. */
  readonly end: RunEnded | undefined;
  /** In the order in which they were told of. */
  readonly hosts: readonly HostSummary[];
  readonly warnings: readonly string[];
  /** The last line was cut off. */
  readonly isCut: boolean;
}

export interface HostSummary {
  readonly host: string;
  /** Counted as the run itself does; up to now where it has not ended. */
  readonly counts: Counts;
  /** Why it could not be reached. */
  readonly unreachable: Fault | undefined;
  /** Why connections to it died that were then made again, or were to be. */
  readonly losses: readonly Fault[];
  /** In the order in which they began. */
  readonly tasks: readonly TaskSummary[];
}

export interface TaskSummary {
  readonly task: number;
  readonly name: string;
  readonly title: string;
  readonly play: string | undefined;
  /** None where its end is not written. */
  readonly ended: TaskEnded | undefined;
  /** What it was first to change; opaque tasks observe nothing. */
  readonly changes: readonly Change[];
  readonly opaque: boolean;
  readonly steps: readonly StepSummary[];
}

export interface StepSummary {
  readonly shown: string;
  /** ISO time at which it was told, right before its host heard of it. */
  readonly at: string;
  /** None where it was begun and never confirmed. */
  readonly outcome: StepEnded['outcome'] | undefined;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
type OpenTask = Omit<Open<TaskSummary>, 'steps'> & { steps: (Open<StepSummary> & { step: number })[] };
type OpenHost = Omit<Open<HostSummary>, 'tasks' | 'losses'> & {
  tasks: Map<number, OpenTask>;
  losses: Fault[];
};

/** What the lines of a journal come to. */
export function summarize({ meta, lines, isCut }: JournalRead): RunSummary {
  const hosts = new Map<string, OpenHost>();
  const warnings: string[] = [];
  let git: GitState | undefined;
  let end: RunEnded | undefined;
  const hostOf = (host: string): OpenHost => {
    const found = hosts.get(host);
    if (found !== undefined) return found;
    const made = { host, counts: none, unreachable: undefined, losses: [], tasks: new Map() };
    hosts.set(host, made);
    return made;
  };
  for (const line of lines) {
    if (line.type === 'journal.git') git = line;
    if (line.type === 'run.started') for (const host of line.hosts) hostOf(host);
    if (line.type === 'run.ended') end = line;
    if (line.type === 'warning') warnings.push(line.message);
    if (isOfHost(line)) take(hostOf(line.host), line);
  }
  return {
    meta,
    git,
    state: end === undefined ? stateOf(meta) : 'ended',
    end,
    hosts: [...hosts.values()].map(({ tasks, counts, ...host }) => ({
      ...host,
      counts: end && Object.hasOwn(end.hosts, host.host) ? (end.hosts[host.host] ?? counts) : counts,
      tasks: [...tasks.values()],
    })),
    warnings,
    isCut,
  };
}

const none: Counts = {
  ok: 0,
  changed: 0,
  unknown: 0,
  failed: 0,
  lost: 0,
  unreachable: 0,
  skipped: 0,
  waiting: 0,
};

type OfHost = Extract<
  Event,
  {
    type:
      | 'task.started'
      | 'task.planned'
      | 'task.ended'
      | 'step.started'
      | 'step.ended'
      | 'host.lost'
      | 'host.unreachable';
  }
>;

const ofHost: ReadonlySet<string> = new Set<OfHost['type']>([
  'task.started',
  'task.planned',
  'task.ended',
  'step.started',
  'step.ended',
  'host.lost',
  'host.unreachable',
]);

function isOfHost(line: JournalLine): line is OfHost {
  return ofHost.has(line.type);
}

function take(host: OpenHost, event: OfHost): void {
  if (event.type === 'host.unreachable') {
    host.unreachable = event.fault;
    count(host, 'unreachable');
    return;
  }
  if (event.type === 'host.lost') {
    host.losses.push(event.fault);
    return;
  }
  if (event.type === 'task.started') {
    const { task, name, title, play } = event;
    host.tasks.set(task, {
      task,
      name,
      title,
      play,
      ended: undefined,
      changes: [],
      opaque: false,
      steps: [],
    });
    return;
  }
  const task = host.tasks.get(event.task);
  if (task === undefined) return;
  switch (event.type) {
    case 'task.planned':
      // What it plans again while it converges is still what it planned first.
      if (task.changes.length === 0) task.changes = event.changes;
      task.opaque = event.opaque ?? false;
      return;
    case 'step.started':
      task.steps.push({ step: event.step, shown: event.shown, at: event.at, outcome: undefined });
      return;
    case 'step.ended': {
      const step = task.steps.find((each) => each.step === event.step);
      if (step !== undefined) step.outcome = event.outcome;
      return;
    }
    case 'task.ended':
      task.ended = event;
      // Its host was counted as unreachable.
      if (event.fault?.code !== 'unreachable') count(host, kindOf(event.status));
  }
}

function kindOf(status: TaskStatus): keyof Counts {
  return status === 'would-change' ? 'changed' : status;
}

function count(host: OpenHost, kind: keyof Counts): void {
  host.counts = { ...host.counts, [kind]: host.counts[kind] + 1 };
}

function stateOf(meta: RunMeta): RunState {
  const runs = isRunning(meta.by);
  return runs === undefined ? 'unknown' : runs ? 'running' : 'died';
}
