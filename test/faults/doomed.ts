import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { outsideTap } from '../outside-tap.ts';

export interface DoomedOptions {
  /** As on another machine: nobody else can know whether its process still runs. False by default. */
  readonly elsewhere?: boolean;
}

/** A run that is to die. */
export interface Doom {
  /** Path of the playbook. */
  readonly playbook: string;
  readonly inventory: string;
  /** As `-e` takes them. */
  readonly options: readonly string[];
  /** As `-b`: where the playbook does not say itself what is done as root. */
  readonly become?: boolean;
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
  { elsewhere = false }: DoomedOptions = {},
): Promise<{ readonly end: string; readonly stderr: string }> {
  const node = ['--import', `${root}node_modules/jiti/lib/jiti-register.mjs`, program, JSON.stringify(doom)];
  // `env` is replaced by the program, so it is the program that is waited for. The first process of a
  // namespace cannot be killed from within: that is a shell, which tells how the other one ended.
  const shell = ['sh', '-c', '"$@"; exit $?', 'sh'];
  const [command, args] = elsewhere
    ? outsideTap('unshare', ['--pid', '--fork', '--mount-proc', ...shell, process.execPath, ...node])
    : outsideTap(process.execPath, node);
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) =>
      done({ end: status === 137 ? 'SIGKILL' : (signal ?? String(status)), stderr }),
    );
  });
}
