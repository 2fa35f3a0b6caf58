import { isDeepStrictEqual } from 'node:util';
import type { HostSummary, RunSummary, TaskSummary } from './summarize.ts';

/** What two runs did differently with one task of a host. */
export interface TaskDifference {
  readonly host: string;
  readonly play: string | undefined;
  readonly title: string;
  /** The task in the one run and in the other; none where that run did not have it. */
  readonly before: TaskSummary | undefined;
  readonly after: TaskSummary | undefined;
  /** In what they differ. */
  readonly inStatus: boolean;
  readonly inChanges: boolean;
  readonly inSteps: boolean;
}

/** What two runs did differently. */
export interface RunDifference {
  /** By host, in the order of the later run, and by task, in the order they began in. */
  readonly tasks: readonly TaskDifference[];
  /** Hosts that one of the runs alone had. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

/** Holds two runs against each other: tasks of the same host, play, name and title. */
export function diffRuns(before: RunSummary, after: RunSummary): RunDifference {
  const earlier = new Map(before.hosts.map((host) => [host.host, host]));
  const later = new Map(after.hosts.map((host) => [host.host, host]));
  return {
    tasks: after.hosts.flatMap((host) => diffHost(earlier.get(host.host), host)),
    onlyBefore: [...earlier.keys()].filter((host) => !later.has(host)),
    onlyAfter: [...later.keys()].filter((host) => !earlier.has(host)),
  };
}

function diffHost(before: HostSummary | undefined, after: HostSummary): readonly TaskDifference[] {
  if (before === undefined) return [];
  const { host } = after;
  const earlier = byTask(before.tasks);
  const later = byTask(after.tasks);
  const keys = [...new Set([...later.keys(), ...earlier.keys()])];
  return keys.flatMap((key) => {
    const [a, b] = [earlier.get(key), later.get(key)];
    const one = b ?? a;
    if (one === undefined) return [];
    const inStatus = statusOf(a) !== statusOf(b);
    const inChanges = !isDeepStrictEqual(a?.changes ?? [], b?.changes ?? []);
    const inSteps = !isDeepStrictEqual(stepsOf(a), stepsOf(b));
    if (!inStatus && !inChanges && !inSteps) return [];
    return [{ host, play: one.play, title: one.title, before: a, after: b, inStatus, inChanges, inSteps }];
  });
}

/** Tasks of the same play, name and title are told apart by their order. */
function byTask(tasks: readonly TaskSummary[]): ReadonlyMap<string, TaskSummary> {
  const seen = new Map<string, number>();
  return new Map(
    tasks.map((task) => {
      const key = JSON.stringify([task.play, task.name, task.title]);
      const number = (seen.get(key) ?? 0) + 1;
      seen.set(key, number);
      return [`${key} ${number}`, task];
    }),
  );
}

function statusOf(task: TaskSummary | undefined): string | undefined {
  return task && (task.ended?.status ?? 'not ended');
}

function stepsOf(task: TaskSummary | undefined): readonly (readonly [string, string])[] {
  return task?.steps.map(({ shown, outcome }) => [shown, outcome ?? 'not confirmed'] as const) ?? [];
}
