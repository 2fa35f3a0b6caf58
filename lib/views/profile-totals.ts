import type { RunSpan, Span, Stretch } from './profile-span.ts';
import { addTo, lengthOf, type Times, without } from './profile-time.ts';

/** The parts of a host's time; where several were at once, it is the first of them that counts. */
const KINDS = ['connecting', 'steps', 'settling', 'reading', 'waiting'] as const;

/** Milliseconds of a host's time: while it was in a play, or asked for something outside of any. */
export interface HostTimes {
  readonly host: string;
  /** For a slot of its plays. */
  readonly waiting: number;
  /** The rest of its time. The parts below add up to it. */
  readonly atWork: number;
  readonly connecting: number;
  readonly reading: number;
  readonly steps: number;
  readonly settling: number;
  /** What is left: the engine, the playbook's own code, and what that awaits. */
  readonly other: number;
  readonly roundTrips: number;
}

/** What tasks of one title took on all hosts, in milliseconds. */
export interface TaskTimes {
  readonly name: string;
  readonly title: string;
  readonly count: number;
  readonly total: number;
  readonly steps: number;
  readonly settling: number;
  readonly slowest: { readonly host: string; readonly took: number };
}

export interface Totals {
  readonly run: RunSpan;
  readonly hosts: readonly HostTimes[];
  readonly tasks: readonly TaskTimes[];
}

type KindTimes = Record<(typeof KINDS)[number] | 'all', number[]>;

/** Adds up what hosts and tasks took. Of a host it remembers what does not overlap; of tasks, their titles. */
export function createTotals(): { add(span: Span): void; totals(run: RunSpan): Totals } {
  const hosts = new Map<string, KindTimes>();
  const tasks = new Map<string, TaskTimes>();

  const addHost = (name: string, kind: keyof KindTimes, { start, end }: Stretch) => {
    const known = hosts.get(name);
    const times = known ?? { connecting: [], steps: [], settling: [], reading: [], waiting: [], all: [] };
    if (known === undefined) hosts.set(name, times);
    addTo(times[kind], start, end);
    if (kind !== 'all') addTo(times.all, start, end);
  };

  return {
    add(span) {
      switch (span.kind) {
        case 'command':
          return addHost(span.host, span.purpose === 'step' ? 'steps' : 'reading', span);
        case 'connecting':
        case 'settling':
        case 'waiting':
          return addHost(span.host, span.kind, span);
        case 'slot':
          return addHost(span.host, 'all', span);
        case 'task': {
          addHost(span.host, 'all', span);
          const { host, name, title, took, steps, settling } = span;
          const key = JSON.stringify([name, title]);
          const known = tasks.get(key);
          tasks.set(key, {
            name,
            title,
            count: (known?.count ?? 0) + 1,
            total: (known?.total ?? 0) + took,
            steps: (known?.steps ?? 0) + steps,
            settling: (known?.settling ?? 0) + settling,
            slowest: known === undefined || took > known.slowest.took ? { host, took } : known.slowest,
          });
        }
      }
    },
    totals: (run) => ({
      run,
      hosts: [...hosts].map(([host, times]) => timesOf(host, times, run.roundTrips[host] ?? 0)),
      tasks: [...tasks.values()],
    }),
  };
}

function timesOf(host: string, { all, ...times }: KindTimes, roundTrips: number): HostTimes {
  const parts = { connecting: 0, steps: 0, settling: 0, reading: 0, waiting: 0 };
  let left: Times = all;
  for (const kind of KINDS) {
    const rest = without(left, times[kind]);
    parts[kind] = lengthOf(left) - lengthOf(rest);
    left = rest;
  }
  return { host, ...parts, atWork: lengthOf(all) - parts.waiting, other: lengthOf(left), roundTrips };
}
