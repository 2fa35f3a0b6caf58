import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that a pid alone does not name: a pid is used again, and a state file outlives a restart of the machine. */
export interface Running {
  readonly pid: number;
  /** The machine's boot and the clock tick at which the process started. */
  readonly started: string;
}

/** Names a live process; undefined where there is none (a zombie counts as none). */
export function running(pid: number): Running | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { pid, started: `${boot}:${fields[19]}` };
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs. */
export function isRunning(process: Running | undefined): process is Running {
  return process !== undefined && running(process.pid)?.started === process.started;
}

/**
 * Kills a process by its pid, if it is still the one that was meant, and waits until it is gone.
 * Killing the `unshare` of a host takes every process of that host with it.
 */
export async function stop(target: Running | undefined): Promise<void> {
  if (target === undefined || !isRunning(target)) return;
  const child = childOf(target.pid);
  const first = child === undefined ? undefined : running(child);
  process.kill(target.pid, 'SIGKILL');
  // The first process of a pid namespace is reaped only after all the others in it.
  for (let waited = 0; isRunning(target) || isRunning(first); waited += 5) {
    if (waited > 20_000) throw new Error(`process ${target.pid} does not end after SIGKILL`);
    await sleep(5);
  }
}

/** The first child of a process: of an `unshare --fork`, the first process of its namespaces. */
export function childOf(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    return undefined;
  }
}
