import type { Frame } from './frame-reader.ts';
import type { ExecOptions, ExecResult } from './session.ts';

/** A command that was asked of a resident shell. */
export interface ShellJob extends Pick<ExecOptions, 'stdin' | 'onProgress' | 'deadline'> {
  readonly command: string;
  readonly maxOutput: number;
  readonly trip: number;
  readonly resolve: (result: ExecResult) => void;
  readonly reject: (error: unknown) => void;
  stdout?: Frame;
  stderr?: Frame;
  /** Why its shell is being ended. */
  fault?: unknown;
}

/**
 * Hands on what a shell wrote to one of its outputs for the next of its jobs, and settles those that have both.
 * @param sent the jobs of the shell that are not settled, in order
 */
export function answer(sent: ShellJob[], which: 'stdout' | 'stderr', frame: Frame): void {
  const job = sent.find((one) => one[which] === undefined);
  if (job === undefined) return;
  job[which] = frame;
  while (sent[0]?.stdout && sent[0].stderr) {
    const { stdout, stderr, trip, resolve } = sent[0];
    sent.shift();
    resolve({ status: stdout.status, stdout: stdout.output, stderr: stderr.output, trip });
  }
}
