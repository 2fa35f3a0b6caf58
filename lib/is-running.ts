import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, on whichever machine. */
export interface ProcessOnHost {
  /** Name of the machine. */
  readonly host: string;
  readonly pid: number;
  /** When it began, as `startOf` tells it: a later process may have the same number. */
  readonly started?: string | undefined;
}

/** When a process began, in the clock ticks of its machine; none where that is not told. */
export function startOf(pid: number): string | undefined {
  return stateOf(pid)?.started;
}

/** Whether a process still runs; undefined where that cannot be seen, on another machine. */
export function isRunning({ host, pid, started }: ProcessOnHost): boolean | undefined {
  if (host !== hostname()) return undefined;
  if (!exists(pid)) return false;
  const now = stateOf(pid);
  // Without /proc there is nothing to tell one process of that number from another.
  if (now === undefined) return true;
  return now.state !== 'Z' && (started === undefined || now.started === started);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function stateOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program comes before them, in brackets, and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === undefined || started === undefined ? undefined : { state, started };
  } catch {
    return undefined;
  }
}
