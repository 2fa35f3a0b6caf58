import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { keeperScript } from '../../lib/lock/keeper-script.ts';

/** What runs in a process group: of each process its program's name. */
function membersOf(group: number): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = '', rest = ''] =
          /\((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
        const [state, , own] = rest.split(' ');
        return Number(own) === group && state !== 'Z' ? [name] : [];
      } catch {
        return [];
      }
    });
}

const skip = process.platform === 'linux' ? false : 'it needs /proc';

t.test('a keeper that ends leaves no process, however often it was heard of', { skip }, async (t) => {
  const script = keeperScript({ run: 'test', holder: 'test', locks: false, lease: 600 });
  // A group of its own, as on a host.
  const child = spawn('sh', ['-c', script.text], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const group = child.pid ?? 0;
  t.teardown(() => {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // There is nothing left of it, as it should be.
    }
  });
  const ended = new Promise((done) => child.on('close', done));
  const answers: string[] = [];
  createInterface(child.stdout).on('line', (line) => answers.push(line));
  // Each starts a watchdog and ends the one before, which may have got no further than its first commands.
  child.stdin.end(`${'beat\n'.repeat(500)}end\n`);
  t.equal(await ended, 0);
  t.equal(answers.filter((answer) => answer === 'beat').length, 500);
  // The last watchdog ends after the keeper. One that was left would stay for the lease.
  for (let looks = 0; looks < 100 && membersOf(group).length > 0; looks++) await sleep(50);
  t.same(membersOf(group), []);
});
