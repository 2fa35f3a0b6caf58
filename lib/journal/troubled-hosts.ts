import type { HostSummary, RunSummary, StepSummary, TaskSummary } from './summarize.ts';

/** What `--limit` can take from an earlier run. */
export const troubles = ['failed', 'unreachable', 'lost'] as const;
export type Trouble = (typeof troubles)[number];

/** The hosts of a run that had such a trouble. */
export function troubledHosts({ hosts }: RunSummary, trouble: Trouble): readonly string[] {
  return hosts.filter((host) => had[trouble](host)).map(({ host }) => host);
}

const had: Readonly<Record<Trouble, (host: HostSummary) => boolean>> = {
  failed: ({ tasks }) =>
    tasks.some(({ ended }) => ended?.status === 'failed' && ended.fault?.code !== 'unreachable'),
  unreachable: ({ unreachable }) => unreachable !== undefined,
  lost: ({ tasks }) => tasks.some((task) => unconfirmed(task).length > 0),
};

/**
 * The steps of a task of which nothing tells whether they were done: begun and never confirmed, or lost with the
 * connection. Where a lost one was followed by a look that found all as it should be, that look has told it.
 */
export function unconfirmed({ ended, steps }: TaskSummary): readonly StepSummary[] {
  const isWell = ended?.status === 'ok' || ended?.status === 'changed';
  return steps.filter(({ outcome }) => outcome === undefined || (outcome === 'lost' && !isWell));
}
