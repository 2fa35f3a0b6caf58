import type { Stretch } from './profile-span.ts';

/** One bar of a trace. Those inside of it come one after the other. */
export interface Bar extends Stretch {
  readonly name: string;
  readonly kind: string;
  readonly args?: Readonly<Record<string, string | number | boolean>>;
  readonly inside?: readonly Bar[];
}

/** A trace as it is being written. */
export interface Drawing {
  /** Begins a group of lanes, and gives its number. */
  group(name: string): number;
  /** Draws a bar on the first lane of this name that it has room on; its bars are to be drawn as they end. */
  draw(group: number, lane: string, bar: Bar): void;
  /** Writes the end of the text. */
  end(): void;
}

/** Bars that do not overlap: a thread of the format. */
interface Lane {
  readonly tid: number;
  busyUntil: number;
}

/**
 * Writes JSON in the Trace Event Format, as Chrome's and Perfetto's viewers open it: groups are its processes, lanes its
 * threads, bars its complete events. A bar is written before those inside of it, and none reaches out of its own.
 * @param zero the time that the trace counts from, in milliseconds
 */
export function createDrawing(zero: number, write: (text: string) => void): Drawing {
  const lanes = new Map<string, Lane[]>();
  let isFirst = true;
  let lastId = 0;
  // No process and no thread have the same id, so that no viewer takes a thread for a main one.
  const nextId = () => ++lastId;
  const micro = (time: number) => Math.round((time - zero) * 1000);

  const put = (event: Readonly<Record<string, unknown>>) => {
    write(`${isFirst ? '{"displayTimeUnit":"ms","traceEvents":[' : ','}\n${JSON.stringify(event)}`);
    isFirst = false;
  };

  const introduce = (what: 'process' | 'thread', pid: number, tid: number, name: string) => {
    put({ ph: 'M', name: `${what}_name`, pid, tid, args: { name } });
    put({ ph: 'M', name: `${what}_sort_index`, pid, tid, args: { sort_index: tid } });
  };

  const laneFor = (pid: number, name: string, { start, end }: Stretch): number => {
    const key = `${pid} ${name}`;
    const known = lanes.get(key) ?? [];
    lanes.set(key, known);
    const free = known.find(({ busyUntil }) => busyUntil <= start);
    const lane = free ?? { tid: nextId(), busyUntil: end };
    lane.busyUntil = end;
    if (free !== undefined) return lane.tid;
    known.push(lane);
    introduce('thread', pid, lane.tid, known.length === 1 ? name : `${name} ${known.length}`);
    return lane.tid;
  };

  const drawWithin = (pid: number, tid: number, bar: Bar, room: Stretch) => {
    const { name, kind, args, inside = [] } = bar;
    const start = Math.min(Math.max(bar.start, room.start), room.end);
    const end = Math.min(Math.max(bar.end, start), room.end);
    const ts = micro(start);
    put({ ph: 'X', name, cat: kind, pid, tid, ts, dur: micro(end) - ts, ...(args && { args }) });
    let from = start;
    for (const each of inside.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      drawWithin(pid, tid, each, { start: from, end });
      from = Math.min(Math.max(from, each.end), end);
    }
  };

  return {
    group(name) {
      const pid = nextId();
      introduce('process', pid, pid, name);
      return pid;
    },
    draw: (group, lane, bar) => drawWithin(group, laneFor(group, lane, bar), bar, bar),
    end: () => write('\n]}\n'),
  };
}
