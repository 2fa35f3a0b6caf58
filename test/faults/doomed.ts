import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { outsideTap } from '../outside-tap.ts';

/** A run that is to die. */
export interface Doom {
  /** Path of the playbook. */
  readonly playbook: string;
  readonly inventory: string;
  /** As `-e` takes them. */
  readonly options: readonly string[];
  /** Number of the step. */
  readonly step: number;
  /** Before it is done, when the journal has it on disk; or as soon as it has ended. */
  readonly moment: 'before' | 'after';
}

const program = fileURLToPath(new URL('doomed-run.ts', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a playbook in a process that kills itself at a step.
 * @param cwd where it is run, for its journal
 * @returns how it ended: `SIGKILL` where it got there, else its exit status
 */
export function doomedRun(
  doom: Doom,
  cwd: string,
): Promise<{ readonly end: string; readonly stderr: string }> {
  const args = ['--import', `${root}node_modules/jiti/lib/jiti-register.mjs`, program, JSON.stringify(doom)];
  // `env` is replaced by the program, so it is the program that is waited for.
  const child = spawn(...outsideTap(process.execPath, args), { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done({ end: signal ?? String(status), stderr }));
  });
}
