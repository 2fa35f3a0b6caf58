interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Bar extends TraceEvent {
  /** `host/lane`. */
  readonly lane: string;
  readonly parent: Bar | undefined;
}

/** The bars of a trace as a viewer nests them. @throws where two of a lane overlap and neither lies in the other */
export function barsOf(text: string): Bar[] {
  const { traceEvents } = JSON.parse(text) as { traceEvents: TraceEvent[] };
  const named = (type: string) =>
    new Map(traceEvents.filter((each) => each.name === type).map(({ tid, args }) => [tid, `${args?.name}`]));
  const [processes, threads] = [named('process_name'), named('thread_name')];
  const open = new Map<number, Bar[]>();
  return traceEvents
    .filter(({ ph }) => ph === 'X')
    .sort((a, b) => a.ts - b.ts)
    .map((each) => {
      const stack = (open.get(each.tid) ?? []).filter(({ ts, dur }) => ts + dur > each.ts);
      const parent = stack.at(-1);
      if (parent !== undefined && each.ts + each.dur > parent.ts + parent.dur) {
        throw new Error(`"${each.name}" reaches out of "${parent.name}"`);
      }
      if (!(Number.isInteger(each.ts) && Number.isInteger(each.dur) && each.dur >= 0)) {
        throw new Error(`"${each.name}" takes ${each.dur} from ${each.ts}`);
      }
      const bar = { ...each, lane: `${processes.get(each.pid)}/${threads.get(each.tid)}`, parent };
      open.set(each.tid, [...stack, bar]);
      return bar;
    });
}
