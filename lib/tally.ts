import type { Counts, Happening } from './events.ts';

/** Counts how the tasks of each host ended, from the run's own events. */
export interface Tally {
  count(event: Happening): void;
  readonly hosts: Readonly<Record<string, Counts>>;
}

const nothing: Counts = {
  ok: 0,
  changed: 0,
  unknown: 0,
  failed: 0,
  lost: 0,
  unreachable: 0,
  skipped: 0,
  waiting: 0,
};

/** Makes a tally for the hosts of a run. A host that was lost counts as unreachable once, not as failed. */
export function createTally(names: readonly string[]): Tally {
  const hosts: Record<string, Counts> = Object.fromEntries(names.map((name) => [name, nothing]));

  function add(host: string, what: keyof Counts): void {
    const counts = hosts[host] ?? nothing;
    hosts[host] = { ...counts, [what]: counts[what] + 1 };
  }

  return {
    hosts,
    count(event) {
      if (event.type === 'host.unreachable') add(event.host, 'unreachable');
      if (event.type !== 'task.ended' || event.fault?.code === 'unreachable') return;
      add(event.host, event.status === 'would-change' ? 'changed' : event.status);
    },
  };
}
