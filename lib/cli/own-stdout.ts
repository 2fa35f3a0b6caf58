import type { Output } from '../views/view.ts';
import type { Io } from './io.ts';

/**
 * Does work that has stdout for itself: what anybody else writes to it meanwhile, such as a playbook's
 * `console.log`, goes to stderr.
 * @example await ownStdout(process, async (out) => out.write('this alone is on stdout\n'))
 */
export async function ownStdout<T>(io: Io, work: (out: Output) => Promise<T>): Promise<T> {
  const { stdout, stderr } = io;
  const write = stdout.write;
  stdout.write = stderr.write.bind(stderr);
  try {
    return await work(Object.create(stdout, { write: { value: write.bind(stdout) } }) as Output);
  } finally {
    stdout.write = write;
  }
}
