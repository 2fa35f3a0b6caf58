import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning, startOf } from '../is-running.ts';
import type { LockHolder } from '../lock/lock-holder.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';

/** Who holds the locks of a run, for those who find them held. */
export function lockHolder(io: Io, run: string, playbook: string): LockHolder {
  const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const user = operator(io).name;
  return { run, user, from: hostname(), pid: process.pid, since, playbook, life: lifeOf(process.pid) };
}

/** Whether the process of a holder is known to run no more: it was one of this machine, since its last start. */
export function isGone({ from, pid, life }: LockHolder): boolean {
  const [place, started] = life?.split(' ') ?? [];
  if (place === undefined || started === undefined || place !== placeOf()) return false;
  return isRunning({ host: from, pid, started }) === false;
}

function lifeOf(pid: number): string | undefined {
  const [place, started] = [placeOf(), startOf(pid)];
  return place === undefined || started === undefined ? undefined : `${place} ${started}`;
}

/** What numbers processes: the machine since its last start, or a container on it. */
function placeOf(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}
