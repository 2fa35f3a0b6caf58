import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import { outsideTap } from '../outside-tap.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** With `--json`: what it told. */
  readonly events: readonly Event[];
}

/** Runs the built dabook as an operator does, in a process of its own. */
export function dabook(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<Ran> {
  const { cwd = root, env, input } = options;
  return new Promise((done, fail) => {
    const child = spawn(...outsideTap(process.execPath, [`${root}bin/dabook.cjs`, ...args]), {
      cwd,
      // In this folder nobody looks for a journal.
      env: { ...process.env, ...(cwd === root ? { DABOOK_RUNS: 'off' } : {}), ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on('error', fail);
    child.on('close', (status) => {
      done({ status: status ?? -1, stdout, stderr, events: args.includes('--json') ? parse(stdout) : [] });
    });
    child.stdin.end(input ?? '');
  });
}

function parse(stdout: string): Event[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Event);
}
