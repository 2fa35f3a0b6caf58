import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import { outsideTap } from '../outside-tap.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface StartOptions {
  /** Path of the playbook. */
  readonly playbook: string;
  readonly inventory: string;
  /** As `-e` takes them. */
  readonly options: readonly string[];
  readonly more?: readonly string[];
  readonly cwd: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  readonly onEvent?: (event: Event) => void;
}

export interface StartedRun {
  /** Of the process itself. */
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<EndedRun>;
}

export interface EndedRun {
  /** Exit status, or the signal that ended it. */
  readonly end: number | NodeJS.Signals;
  readonly events: readonly Event[];
  readonly stderr: string;
}

/** Starts the built dabook, to be looked at and meddled with while it runs. */
export function startRun({
  playbook,
  inventory,
  options,
  more = [],
  cwd,
  node = [],
  onEvent,
}: StartOptions): StartedRun {
  const args = ['run', playbook, '-i', inventory, '--json', '--yes', '--no-type-check'];
  const vars = options.flatMap((option) => ['-e', option]);
  // `env` is replaced by the program, so the pid is its own.
  const child = spawn(
    ...outsideTap(process.execPath, [...node, `${root}bin/dabook.cjs`, ...args, ...vars, ...more]),
    {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const events: Event[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  createInterface(child.stdout).on('line', (line) => {
    // What SIGKILL cuts off is no line.
    if (!line.endsWith('}')) return;
    const event = JSON.parse(line) as Event;
    events.push(event);
    onEvent?.(event);
  });
  const ended = new Promise<EndedRun>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, by) => done({ end: by ?? status ?? -1, events, stderr }));
  });
  return { pid: child.pid ?? 0, signal: (name) => void child.kill(name), ended };
}
