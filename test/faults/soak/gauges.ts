import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';

const MiB = 2 ** 20;

/** Bytes of the heap that are in use once all that is garbage is gone. Needs `--expose-gc`. */
export function heapUsed(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('start node with --expose-gc');
  // What a first round lets go of, by a finalizer, the second one takes.
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/** MiB of memory that the process has now. */
export function rss(): number {
  return process.memoryUsage.rss() / MiB;
}

/** Begins to look for the most memory that the process ever has. @returns MiB, the most since then */
export function watchPeak(): () => number {
  writeFileSync('/proc/self/clear_refs', '5');
  return () => {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kibibytes) / 1024;
  };
}

/** Open descriptors, without the one that looks. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/** Listeners of the process itself: signals and stray errors. */
export function listeners(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

/** What keeps the process alive, by kind: `TCPSocketWrap 2, Timeout 1`. */
export function resources(): string {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .map(([kind, count]) => `${kind} ${count}`)
    .sort()
    .join(', ');
}

const timer = setTimeout(() => {}, 0);
clearTimeout(timer);
const countable: Readonly<Record<string, unknown>> = {
  // Those that do not keep the process alive, too.
  timers: timer.constructor,
  sockets: Socket,
  'abort signals': AbortSignal,
};

/** Objects of some kinds that are still there once all that is garbage is gone. */
export function liveObjects(): Readonly<Record<string, number>> {
  const counted = Object.entries(countable).map(([name, of]) => [
    name,
    Number(queryObjects(of as new () => object, { format: 'count' })),
  ]);
  return Object.fromEntries(counted);
}

/** By how much values grow from one to the next: the slope of the line that fits them best. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  }
  return above / below;
}
