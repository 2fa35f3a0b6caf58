import t from 'tap';
import { codeOf } from '../../lib/errors.ts';
import type { SwarmLock } from '../../lib/lock/held-lock.ts';
import { breakSwarmLock, readSwarmLock } from '../../lib/lock/inspect-swarm-lock.ts';
import type { SwarmDoor } from '../../lib/lock/swarm-door.ts';
import { createSwarmLocking } from '../../lib/lock/swarm-lock.ts';
import type { DockerResponse } from '../../lib/transport/session.ts';
import { seededRandom } from '../seeded-random.ts';
import { createMemorySwarm } from './memory-swarm.ts';
import { createVirtualTime, type VirtualMachine } from './virtual-time.ts';

/** How many, 4 at least; a search for faults takes its time, and tries 16 or more. */
const seeds = Number(process.env.DABOOK_SEEDS ?? 4);
/** Milliseconds of each seed's time. */
const span = 1_000_000;

interface Tally {
  writes: number;
  crashes: number;
  lost: number;
  late: number;
  byHand: number;
}

/**
 * Some runs at once, over and over, on machines that sleep and crash, with clocks that differ and run at different
 * speeds, through managers whose answers are slow, lost or come when they are expected no more.
 * @returns what went wrong: writes of one run while another one's lock was fresh
 */
async function simulate(seed: number, tally: Tally): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const between = (least: number, most: number) => least + random() * (most - least);
  const chance = (share: number) => random() < share;
  const time = createVirtualTime();
  const swarm = createMemorySwarm();
  const hosts = ['ha1', 'ha2', 'ha3'].map((name) => swarm.host(name));
  const wire = time.machine();
  const wrong: string[] = [];
  /** What each run that has not crashed holds, or held. */
  const locks = new Map<VirtualMachine, SwarmLock>();
  // Half of the seeds have a network that is well.
  const badness = chance(0.5) ? 0 : between(0.01, 0.1);

  const doorsOf = (machine: VirtualMachine): readonly SwarmDoor[] =>
    hosts.map((host) => ({
      ...host.door,
      ask: (request) =>
        new Promise<DockerResponse>((resolve, reject) => {
          const carry = async () => {
            if (chance(badness)) return reject(new Error('the line was lost before'));
            await wire.sleep(chance(badness) ? between(0, 90_000) : between(1, 500), {});
            const answer = host.answer(request);
            await wire.sleep(chance(badness) ? between(0, 90_000) : between(1, 500), {});
            // It is taken in when its machine is awake, if it ever is.
            await machine.sleep(0, {});
            if (chance(badness)) return reject(new Error('the line was lost after'));
            resolve(answer);
          };
          carry();
        }),
    }));

  /** One run: it waits for the lock, writes for a while, and gives the lock back or crashes. */
  const run = async (name: string) => {
    const machine = time.machine({ rate: between(0.98, 1.02), offset: between(-1e9, 1e9) });
    const nap = (least: number, most: number) => machine.sleep(between(least, most), {});
    const locking = createSwarmLocking({
      doors: doorsOf(machine),
      holder: { run: name, user: name, from: 'desk', pid: 1, since: '', playbook: 'ha' },
      clock: machine,
      onLost: () => {
        tally.lost += 1;
      },
    });
    const acquired = await locking.acquire({ timeout: between(0, 120) });
    if (acquired.outcome !== 'held') return;
    const { lock } = acquired;
    locks.set(machine, lock);
    try {
      for (let left = between(1, 30); left > 0; left--) {
        if (chance(0.02)) {
          machine.crash();
          tally.crashes += 1;
        }
        if (chance(0.05)) machine.suspend(between(100, 90_000));
        if (chance(0.1)) await nap(0, 60_000);
        await nap(0, 2000);
        if (!lock.isFresh()) await lock.confirm();
        tally.writes += 1;
        for (const [other, theirs] of locks) {
          if (other !== machine && !other.crashed() && theirs.isFresh())
            wrong.push(`seed ${seed}, ${time.now()} ms: ${name} writes, and another holds the lock`);
        }
      }
    } finally {
      await lock.release();
      locks.delete(machine);
    }
  };

  /** A crashed run never comes back, so others must not wait for it to begin anew. */
  const again = async (name: string) => {
    for (let count = 1; time.now() < span; count++) {
      const running = run(`${name}${count}`).catch((error: unknown) => {
        if (!['locked', 'unreachable'].includes(codeOf(error))) wrong.push(`seed ${seed}: ${error}`);
        if (codeOf(error) === 'unreachable') tally.late += 1;
      });
      await Promise.race([running, wire.sleep(between(60_000, 400_000), {})]);
    }
  };
  const operator = async () => {
    const clock = time.machine();
    while (time.now() < span) {
      await wire.sleep(between(10_000, 500_000), {});
      try {
        const seen = await readSwarmLock(doorsOf(clock), { clock });
        if (seen && (await breakSwarmLock(doorsOf(clock), seen, { by: 'eve', clock }))) tally.byHand += 1;
      } catch (error) {
        if (codeOf(error) !== 'unreachable') wrong.push(`seed ${seed}: ${error}`);
      }
    }
  };
  for (const name of ['ann', 'bob', 'cat', 'dan']) again(name).catch((error) => wrong.push(String(error)));
  if (chance(0.5)) operator().catch((error) => wrong.push(String(error)));
  await time.pass(span + 1_000_000);

  // Whatever was left behind, it is got past.
  const machine = time.machine();
  const last = createSwarmLocking({
    doors: hosts.map(({ door }) => door),
    holder: { run: 'last', user: 'last', from: 'desk', pid: 1, since: '', playbook: 'ha' },
    clock: machine,
  });
  let outcome = 'none';
  last.acquire({ timeout: 60 }).then((acquired) => {
    outcome = acquired.outcome;
  });
  await time.pass(70_000);
  if (outcome !== 'held') wrong.push(`seed ${seed}: at the end the lock is ${outcome}`);
  return wrong;
}

t.test('never two hold it, whatever happens to them', async (t) => {
  const tally: Tally = { writes: 0, crashes: 0, lost: 0, late: 0, byHand: 0 };
  const wrong: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) wrong.push(...(await simulate(seed, tally)));
  t.same(wrong, []);
  // It has seen what it is made for.
  t.ok(tally.writes > 90 * seeds, `${tally.writes} writes`);
  t.ok(tally.crashes > 2 * seeds, `${tally.crashes} crashes`);
  t.ok(tally.lost > 3 * seeds, `${tally.lost} locks lost`);
  t.ok(tally.late > seeds, `${tally.late} runs that got no answer in time`);
  t.ok(tally.byHand > seeds, `${tally.byHand} locks broken by hand`);
});
