import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createClaim } from '../../lib/claim.ts';
import { codeOf } from '../../lib/errors.ts';
import { lockedError } from '../../lib/lock/locked-error.ts';
import type { RunMachine } from '../../lib/machine.ts';
import { seededRandom } from '../seeded-random.ts';

const random = seededRandom(1);

/** The locks of some hosts, by the run that has them; each takes its time to be asked. */
function createHosts() {
  const holders = new Map<string, string>();
  const machineOf = (run: string) => (name: string) => {
    const machine: Partial<RunMachine> = {
      name,
      under: () => machine as RunMachine,
      engine: () => async () => Promise.reject(new Error('nothing is asked of swarms')),
      async lock() {
        await sleep(random() * 10);
        if ((holders.get(name) ?? run) !== run) throw lockedError(`${name} is locked`);
        holders.set(name, run);
      },
      async unlock() {
        if (holders.get(name) === run) holders.delete(name);
      },
    };
    return machine as RunMachine;
  };
  return { holders, machineOf };
}

/** Two runs that want hosts at the same moment, and neither is to wait: which of them got them. */
async function contend(wants: Readonly<Record<string, readonly string[]>>): Promise<readonly string[]> {
  const { holders, machineOf } = createHosts();
  const each = Object.entries(wants).map(async ([run, hosts]) => {
    const claim = createClaim({
      hosts: hosts.map((host) => [host, true] as const),
      machineOf: machineOf(run),
      timeout: 0,
      emit: () => {},
      end: () => {},
      signal: new AbortController().signal,
    });
    try {
      await claim.taken(hosts[0] ?? '', { become: true });
    } catch (error) {
      if (codeOf(error) !== 'locked') throw error;
      return [];
    }
    const missing = hosts.filter((host) => holders.get(host) !== run);
    if (missing.length > 0) throw new Error(`${run} goes on without ${missing}`);
    return [run];
  });
  return (await Promise.all(each)).flat();
}

t.test('of two runs that want the same hosts at one moment, one has them all', async (t) => {
  const wants = { a: ['ha1', 'ha2', 'ha3'], b: ['ha3', 'ha2', 'ha1'] };
  const rounds = await Promise.all(Array.from({ length: 100 }, () => contend(wants)));
  t.same(
    rounds.filter((went) => went.length !== 1),
    [],
  );
  const firsts = new Set(rounds.flat());
  t.equal(firsts.size, 2, 'now the one, now the other');
});

t.test('of two that want other hosts, too, never both go on, and hardly ever none', async (t) => {
  const wants = { a: ['ha1', 'ha3', 'ha4'], b: ['ha2', 'ha3', 'ha4'] };
  const rounds = await Promise.all(Array.from({ length: 100 }, () => contend(wants)));
  t.same(
    rounds.filter((went) => went.length > 1),
    [],
  );
  t.ok(rounds.filter((went) => went.length === 0).length <= 5);
});
