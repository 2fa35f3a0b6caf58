import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** What there is to see of a process. */
export type Side = 'cmdline' | 'environ';

export interface Watched {
  readonly seconds: number;
  /** Of the processor, for all of this process, meanwhile. */
  readonly cpuSeconds: number;
  readonly looks: number;
  /** Milliseconds between two looks: half were nearer than the first, all but one in a hundred nearer than the second. */
  readonly gaps: readonly [half: number, most: number];
  /** How many processes and threads the machine made meanwhile, and how many of them were there when they were read. */
  readonly made: number;
  readonly met: number;
  /** How many times arguments or an environment were read. */
  readonly read: number;
}

export interface WatchOptions {
  /** Milliseconds; 10 by default. */
  readonly interval?: number;
  /** Is given what was read of a process; the bytes are good until it returns. */
  readonly look: (bytes: Buffer, pid: number, side: Side) => void;
}

/** Milliseconds: until when a process is young, and how often all of them are read. */
const YOUNG = 1000;
const ALL = 4000;
const FIRST_PID = 300;

/**
 * Reads the arguments and environments of all processes of this machine, those of lab hosts included, again and again.
 * The kernel tells the number of the process that it made last, and counts upwards, so that a look costs next to nothing
 * where nothing is new. As a process may become another program after its start, the arguments of new ones are read at
 * the next look and then as often as their age doubles, and where they have changed the environment is read again. The
 * same is done with all that there are every four seconds.
 */
export function watchProcesses({ interval = 10, look }: WatchOptions): { stop(): Watched } {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const room = Buffer.allocUnsafe(2 ** 22);
  const loads = openSync('/proc/loadavg', 'r');
  const mostPid = Number(readText('/proc/sys/kernel/pid_max', room));
  const young = new Map<number, Young>();
  let known = new Map<number, Buffer>();
  const gaps: number[] = [];
  const count = { looks: 0, made: 0, met: 0, read: 0 };
  let newest = newestPid(loads, room);
  let lastLook = started;
  let lastAll = Number.NEGATIVE_INFINITY;

  /** @returns what was read; undefined where the process has ended */
  const read = (pid: number, side: Side): Buffer | undefined => {
    const size = readInto(`/proc/${pid}/${side}`, room);
    if (size < 0) return undefined;
    count.read += 1;
    const bytes = room.subarray(0, size);
    if (size > 0) look(bytes, pid, side);
    return bytes;
  };
  const meet = (pid: number, now: number) => {
    count.made += 1;
    const words = read(pid, 'cmdline');
    if (words === undefined) return;
    count.met += 1;
    young.set(pid, { words: Buffer.from(words), born: now, due: now });
    read(pid, 'environ');
  };
  const meetAgain = (pid: number, seen: Young, now: number) => {
    const words = read(pid, 'cmdline');
    const age = now - seen.born;
    if (words === undefined || age > YOUNG) {
      young.delete(pid);
    } else if (!words.equals(seen.words)) {
      seen.words = Buffer.from(words);
      read(pid, 'environ');
    } else if (seen.due === seen.born && isThread(pid, room)) {
      young.delete(pid);
    }
    seen.due = now + age;
  };
  const step = () => {
    const now = performance.now();
    gaps.push(now - lastLook);
    lastLook = now;
    count.looks += 1;
    for (const [pid, seen] of young) if (now >= seen.due) meetAgain(pid, seen, now);
    const last = newestPid(loads, room);
    for (const pid of between(newest, last, mostPid)) meet(pid, now);
    newest = last;
    if (now - lastAll >= ALL) all(now);
  };
  const all = (now: number) => {
    lastAll = now;
    const before = known;
    known = new Map();
    for (const pid of readdirSync('/proc').map(Number)) {
      const words = Number.isNaN(pid) ? undefined : read(pid, 'cmdline');
      // The kernel's own have neither.
      if (words === undefined || words.length === 0) continue;
      const same = before.get(pid);
      const isSame = same?.equals(words) === true;
      known.set(pid, isSame ? same : Buffer.from(words));
      if (!isSame) read(pid, 'environ');
    }
  };
  step();
  const timer = setInterval(step, interval);
  return {
    stop() {
      clearInterval(timer);
      step();
      known.clear();
      all(lastLook);
      closeSync(loads);
      const { user, system } = process.cpuUsage(cpu);
      const sorted = gaps.slice(1).toSorted((a, b) => a - b);
      const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;
      const seconds = (performance.now() - started) / 1000;
      return { seconds, cpuSeconds: (user + system) / 1e6, gaps: [at(0.5), at(0.99)], ...count };
    },
  };
}

interface Young {
  words: Buffer;
  readonly born: number;
  due: number;
}

/** A thread has a number as well, and the arguments and environment of its process. */
function isThread(pid: number, room: Buffer): boolean {
  const [, group] = /^Tgid:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`, room)) ?? [];
  return group !== undefined && Number(group) !== pid;
}

/** The numbers after one up to another; the kernel begins anew at the end. */
function between(from: number, to: number, most: number): readonly number[] {
  const after = (first: number, last: number) =>
    Array.from({ length: Math.max(0, last - first) }, (_, index) => first + 1 + index);
  return to >= from ? after(from, to) : [...after(from, most - 1), ...after(FIRST_PID - 1, to)];
}

/** The last field of /proc/loadavg, of the namespace that this process is in. */
function newestPid(loads: number, room: Buffer): number {
  const text = room.toString('latin1', 0, readSync(loads, room, 0, 256, 0));
  return Number(text.slice(text.lastIndexOf(' ') + 1));
}

function readText(path: string, room: Buffer): string {
  return room.toString('latin1', 0, Math.max(0, readInto(path, room)));
}

/** @returns how many bytes it has; -1 where it cannot be read, as when the process has ended */
function readInto(path: string, room: Buffer): number {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return readSync(file, room, 0, room.length, null);
  } catch {
    return -1;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
