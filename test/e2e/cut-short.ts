import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import type { Lab } from '../lab/lab.ts';
import { outsideTap } from '../outside-tap.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface CutShort {
  readonly inventory: string;
  readonly options?: readonly string[];
  readonly signal: 'SIGINT' | 'SIGKILL';
  /** The event at which it is sent. */
  readonly when: (event: Event & Partial<Readonly<Record<'name' | 'title' | 'status', unknown>>>) => boolean;
}

/** Runs one of the project's playbooks against a lab until something happens, and sends it a signal then, once. */
export function cutShort(
  lab: Lab,
  playbook: string,
  { inventory, options = [], signal, when }: CutShort,
): Promise<{ readonly status: number | string | null; readonly events: readonly Event[] }> {
  const quick = ['-e', 'stable_for=3', '-e', 'answer_timeout=10'];
  const args = [
    'run',
    `${root}playbooks/${playbook}`,
    '-i',
    inventory,
    '--json',
    '--yes',
    ...quick,
    ...options,
  ];
  const child = spawn(...outsideTap(process.execPath, [`${root}bin/dabook.cjs`, ...args]), {
    cwd: lab.dir,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const events: Event[] = [];
  createInterface(child.stdout).on('line', (line) => {
    // What SIGKILL cuts off is no line.
    if (!line.endsWith('}')) return;
    const event = JSON.parse(line) as Event;
    events.push(event);
    if (!child.killed && when(event)) child.kill(signal);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, by) => done({ status: by ?? status, events }));
  });
}
