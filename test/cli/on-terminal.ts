import { spawn, spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { outsideTap } from '../outside-tap.ts';

/** What is typed when something is shown. */
export type Key = readonly [shown: string, keys: string];

/** Runs a command on a terminal of its own, and types. */
export function onTerminal(
  t: Test,
  command: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  keys: readonly Key[],
): Promise<{ status: number | null; screen: string }> {
  const line = command.map((word) => `'${word}'`).join(' ');
  const child = spawn(...outsideTap('script', ['-qfec', `stty cols 90 rows 30; ${line}`, '/dev/null']), {
    cwd,
    env: { ...process.env, ...env },
  });
  t.teardown(() => child.kill());
  const left = [...keys];
  let screen = '';
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    screen += String(chunk);
    const [next] = left;
    const at = next === undefined ? -1 : screen.indexOf(next[0], seen);
    if (next === undefined || at < 0) return;
    left.shift();
    seen = at + next[0].length;
    child.stdin.write(next[1]);
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => done({ status, screen: screen.replaceAll('\r\n', '\n') }));
  });
}

/** Options of a test that needs a terminal. */
export const terminals =
  spawnSync('script', ['--version']).status === 0 ? {} : { skip: 'there is no script(1) here' };
