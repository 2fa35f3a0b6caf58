import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { keeperScript } from '../../lib/lock/keeper-script.ts';

const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(([program]) =>
  existsSync(`/usr/bin/${program}`),
);
const skip = process.platform === 'linux' ? false : 'needs Linux';

/** A keeper that is told of a process group (of nobody) and to end, each as soon as it has answered. */
function keep([program = '', ...args]: readonly string[], lease: number): Promise<void> {
  const { text } = keeperScript({ run: 'r', holder: 'ann', locks: false, lease });
  const keeper = spawn(program, [...args, '-c', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  keeper.stdout.on('data', (bytes: Buffer) => {
    if (bytes.toString().startsWith('held')) keeper.stdin.write('group 99999999\n');
    else keeper.stdin.end('end\n');
  });
  return new Promise((done) => keeper.on('close', () => done()));
}

/** Processes that wait for a lease. */
function waiting(lease: number): readonly number[] {
  const words = `sleep\0${lease}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').endsWith(words);
      } catch {
        return false;
      }
    });
}

for (const [index, shell] of shells.entries()) {
  t.test(`${shell.join(' ')}: nothing waits for a lease once its keeper has ended`, { skip }, async (t) => {
    // Nobody else waits for so long.
    const lease = 100_000 + process.pid * 10 + index;
    for (let round = 0; round < 40; round++)
      await Promise.all([keep(shell, lease), keep(shell, lease), keep(shell, lease)]);
    // What is ended is ended by another process, in its own time.
    for (let tries = 0; tries < 200 && waiting(lease).length > 0; tries++)
      await new Promise((done) => setTimeout(done, 10));
    const left = waiting(lease);
    for (const id of left) process.kill(id, 'SIGKILL');
    t.equal(left.length, 0);
  });
}
