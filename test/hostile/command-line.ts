import { dirname } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import type { Io } from '../../lib/cli/io.ts';
import { main } from '../../lib/cli/main.ts';
import type { Told } from './told.ts';

/**
 * Does what the command line does, in this process: an input costs milliseconds so, and what is told is what an operator
 * is told.
 */
export async function commandLine(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const told = { stdout: '', stderr: '' };
  const output = (name: keyof typeof told) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        told[name] += chunk.toString();
        done();
      },
    });
  const listeners: [event: string, listener: (error: unknown) => void][] = [];
  const isStray = (event: string) => event === 'uncaughtException' || event === 'unhandledRejection';
  const stdin = new PassThrough();
  stdin.end();
  const io = {
    argv: ['node', 'dabook', ...args],
    env: { PATH: process.env.PATH, HOME: cwd, DABOOK_RUNS: 'off', XDG_CACHE_HOME: dirname(cwd), ...env },
    stdin,
    stdout: output('stdout'),
    stderr: output('stderr'),
    cwd: () => cwd,
    on(event: string, listener: (error: unknown) => void) {
      if (!isStray(event)) return;
      listeners.push([event, listener]);
      process.on(event, listener);
    },
    off: (event: string, listener: (error: unknown) => void) => process.off(event, listener),
    exit() {
      throw new Error('the process was ended');
    },
  };
  try {
    const status = await main(io as unknown as Io);
    return { status, ...told };
  } finally {
    for (const [event, listener] of listeners) process.off(event, listener);
  }
}
