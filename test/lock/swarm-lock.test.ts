import t from 'tap';
import type { SwarmLock } from '../../lib/lock/held-lock.ts';
import { breakSwarmLock, readSwarmLock } from '../../lib/lock/inspect-swarm-lock.ts';
import { showHolder } from '../../lib/lock/lock-holder.ts';
import { findSwarmDoor, type SwarmDoor } from '../../lib/lock/swarm-door.ts';
import { type Acquired, createSwarmLocking } from '../../lib/lock/swarm-lock.ts';
import type { DockerRequest } from '../../lib/transport/session.ts';
import { holderOf } from './holder-of.ts';
import { createMemorySwarm, type MemorySwarm } from './memory-swarm.ts';
import { createVirtualTime, type VirtualMachine, type VirtualTime } from './virtual-time.ts';

interface Run {
  readonly machine: VirtualMachine;
  readonly locking: ReturnType<typeof createSwarmLocking>;
  readonly lost: string[];
}

function runOf(time: VirtualTime, user: string, doors: readonly SwarmDoor[]): Run {
  const machine = time.machine();
  const lost: string[] = [];
  const locking = createSwarmLocking({
    doors,
    holder: holderOf(user),
    clock: machine,
    onLost: (reason) => lost.push(reason),
  });
  return { machine, locking, lost };
}

async function held(trying: Promise<Acquired>): Promise<SwarmLock> {
  const acquired = await trying;
  if (acquired.outcome !== 'held') throw new Error(`it is ${acquired.outcome}, not held`);
  return acquired.lock;
}

/** Time goes on until it is settled. */
async function meanwhile<T>(time: VirtualTime, promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  for (let seconds = 0; !settled; seconds++) {
    if (seconds > 3600) throw new Error('it takes more than an hour');
    await time.pass(1000);
  }
  return promise;
}

function twoManagers() {
  const time = createVirtualTime();
  const swarm = createMemorySwarm();
  const [one, two] = [swarm.host('ha1'), swarm.host('ha2')];
  return { time, swarm, one, two };
}

t.test('one proceeds, the other is told who holds it, waits, and proceeds when it is released', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const bob = runOf(time, 'bob', [two.door]);
  const lock = await held(ann.locking.tryAcquire());
  t.same(swarm.asked, ['GET /info', 'POST /configs/create'], 'one round trip');
  t.ok(lock.isFresh());
  t.equal(swarm.configs()[0]?.name, 'dabook.lock');

  const taken = await bob.locking.tryAcquire();
  t.match(taken, { outcome: 'taken', holder: holderOf('ann') });
  await time.pass(200_000);
  t.equal(lock.state(), 'held');
  t.match(await bob.locking.tryAcquire(), { outcome: 'taken' }, 'however long it is held');

  const told: unknown[] = [];
  const late = await meanwhile(
    time,
    bob.locking.acquire({ timeout: 90, onWaiting: (taken) => told.push(taken.holder) }),
  );
  t.equal(late.outcome, 'taken', 'the time to wait is over');
  t.same(told, [holderOf('ann')], 'told once');

  const waiting = bob.locking.acquire({ timeout: 90 });
  await time.pass(10_000);
  const before = swarm.asked.length;
  await lock.release();
  t.same(
    swarm.asked.slice(before).map((line) => line.replace(/config\d+/, 'ID')),
    ['DELETE /configs/ID'],
  );
  const second = await meanwhile(time, held(waiting));
  t.equal(second.state(), 'held');
  t.equal(ann.machine.timers(), 0, 'nothing of it waits after the release');
  await second.release();
  t.equal(bob.machine.timers(), 0);
  t.same(swarm.configs(), []);
  t.equal(lock.state(), 'released');
  t.notOk(lock.isFresh());
  await t.rejects(lock.confirm(), { code: 'bug' });
  await lock.release();
});

t.test('a holder that crashed is got past after its lease and a margin, and no sooner', async (t) => {
  const { time, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const bob = runOf(time, 'bob', [two.door]);
  await held(ann.locking.tryAcquire());
  await time.pass(25_000);
  ann.machine.crash();
  await time.pass(1_000_000);
  const start = time.now();
  t.match(await bob.locking.tryAcquire(), { outcome: 'taken', silent: 0 }, 'for how long cannot be known');
  const late = await meanwhile(time, bob.locking.acquire({ timeout: 35 }));
  t.match(late, { outcome: 'taken', silent: 35 });
  const lock = await meanwhile(time, held(bob.locking.acquire({ timeout: 60 })));
  t.ok(time.now() - start >= 40_000);
  t.ok(time.now() - start <= 43_000);
  await lock.release();
});

t.test('a holder that slept is told that it lost the lock, and leaves the other one alone', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const bob = runOf(time, 'bob', [two.door]);
  const lock = await held(ann.locking.tryAcquire());
  ann.machine.suspend(20_000);
  const waiting = held(bob.locking.acquire({ timeout: 300 }));
  await time.pass(20_000);
  t.notOk(lock.isFresh(), 'by the clock on the wall');
  t.equal(await meanwhile(time, lock.confirm()), 'held', 'it slept for too short a time');
  t.ok(lock.isFresh());

  ann.machine.suspend(100_000);
  const second = await meanwhile(time, waiting);
  t.notOk(lock.isFresh());
  await time.pass(110_000);
  t.same(ann.lost, ['somebody removed it']);
  t.equal(lock.state(), 'lost');
  await t.rejects(lock.confirm(), { code: 'locked', message: /no longer holds .*somebody removed it/ });
  await lock.release();
  t.equal(ann.machine.timers(), 0);
  t.equal(swarm.configs().length, 1);
  t.equal(await meanwhile(time, second.confirm()), 'held');
});

t.test('a holder that comes back just before its lock is broken keeps it', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const lock = await held(ann.locking.tryAcquire());
  const breaking: string[] = [];
  const bob = runOf(time, 'bob', [
    {
      ...two.door,
      ask: async (request) => {
        if (request.path.includes('/update')) {
          breaking.push(request.path);
          await lock.confirm();
        }
        return two.answer(request);
      },
    },
  ]);
  ann.machine.suspend(60_000);
  t.match(await meanwhile(time, bob.locking.acquire({ timeout: 100 })), { outcome: 'taken' });
  t.equal(breaking.length, 1);
  t.equal(lock.state(), 'held');
  t.same(ann.lost, []);
  t.equal(swarm.configs().length, 1);
  await lock.release();
});

t.test('a lock that was broken by one who crashed then is removed by another', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const bob = runOf(time, 'bob', [
    {
      ...two.door,
      ask: async (request) => {
        if (request.method === 'DELETE') bob.machine.crash();
        return request.method === 'DELETE' ? new Promise(() => {}) : two.answer(request);
      },
    },
  ]);
  const eve = runOf(time, 'eve', [two.door]);
  await held(ann.locking.tryAcquire());
  ann.machine.crash();
  bob.locking.acquire({ timeout: 60 }).catch(() => {});
  await time.pass(60_000);
  t.equal(swarm.configs()[0]?.labels['dabook.lock.state'], 'broken');
  t.match(await eve.locking.tryAcquire(), { outcome: 'taken', brokenBy: /^bob@desk/, silent: 0 });
  await meanwhile(time, held(eve.locking.acquire({ timeout: 20 })));
});

t.test('status and release by hand', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const clock = time.machine();
  t.equal(await readSwarmLock([one.door], { clock }), undefined);
  const ann = runOf(time, 'ann', [one.door]);
  const lock = await held(ann.locking.tryAcquire());
  await time.pass(65_000);
  const seen = await readSwarmLock([two.door], { clock });
  t.match(seen, { holder: holderOf('ann'), lease: 30, beat: 6 });
  t.equal(
    showHolder(holderOf('a\x1bnn')),
    'a␛nn@desk, process 42 since 2026-01-31T12:00:00Z, for ha (run run-of-a␛nn)',
  );
  if (seen === undefined) return;

  const breaking = breakSwarmLock([two.door], seen, { by: 'eve', clock });
  await time.pass(14_000);
  t.equal(swarm.configs().length, 1, 'as long as its holder may not know');
  t.same(ann.lost, ['broken by eve']);
  t.notOk(lock.isFresh());
  t.equal(await meanwhile(time, breaking), true);
  t.same(swarm.configs(), []);
  t.equal(await breakSwarmLock([two.door], seen, { by: 'eve', clock }), false);

  const next = await held(runOf(time, 'bob', [one.door]).locking.tryAcquire());
  t.equal(await breakSwarmLock([two.door], seen, { by: 'eve', clock }), false, 'another one is left alone');
  t.equal(await meanwhile(time, next.confirm()), 'held');
});

t.test('what dabook did not make is no lock to break, but by hand', async (t) => {
  const { time, swarm, one } = twoManagers();
  const clock = time.machine();
  one.answer({ method: 'POST', path: '/configs/create', body: '{"Name":"dabook.lock","Data":"eA=="}' });
  const ann = runOf(time, 'ann', [one.door]);
  const acquired = await meanwhile(time, ann.locking.acquire({ timeout: 600 }));
  t.same(acquired, { outcome: 'taken', silent: 600 });
  const seen = await readSwarmLock([one.door], { clock });
  if (seen === undefined) return t.fail('it is seen');
  t.equal(await breakSwarmLock([one.door], seen, { by: 'ann', clock }), true);
  t.same(swarm.configs(), []);
});

t.test('a swarm that goes away under the lock, and one that only seems to', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const lock = await held(ann.locking.tryAcquire());

  one.membership = 'worker';
  await time.pass(20_000);
  t.equal(lock.state(), 'held');
  await t.rejects(meanwhile(time, lock.confirm()), { code: 'unreachable' }, 'a demoted one has not left');
  lock.addDoor(two.door);
  t.equal(await lock.confirm(), 'held');

  const other = createMemorySwarm();
  one.other = other;
  two.membership = 'leaderless';
  await t.rejects(lock.confirm(), { code: 'unreachable', cause: { message: /does not have a leader/ } });
  two.membership = 'inactive';
  t.equal(await lock.confirm(), 'gone');
  t.equal(lock.state(), 'gone');
  t.notOk(lock.isFresh());
  const before = swarm.asked.length;
  await time.pass(100_000);
  t.equal(await lock.confirm(), 'gone');
  t.equal(swarm.asked.length, before, 'nobody is asked for it');

  lock.addDoor(swarm.host('ha3').door);
  t.equal(await lock.confirm(), 'held', 'a manager of it was found');
  t.ok(lock.isFresh());
  await lock.release();
  t.same(ann.lost, []);
  t.same(swarm.configs(), []);
  t.same(other.configs(), []);
  t.throws(() => lock.addDoor(other.host('ha1').door), { code: 'bug' });
});

t.test('a swarm that has no leader for a moment is waited for once it has answered', async (t) => {
  const { time, one, two } = twoManagers();
  const lock = await held(runOf(time, 'ann', [one.door]).locking.tryAcquire());
  const bob = runOf(time, 'bob', [two.door]);
  const waiting = bob.locking.acquire({ timeout: 60 });
  await time.pass(5000);
  two.membership = 'leaderless';
  await time.pass(5000);
  two.membership = 'manager';
  await lock.release();
  await meanwhile(time, (await meanwhile(time, held(waiting))).release());

  two.membership = 'leaderless';
  await t.rejects(bob.locking.acquire({ timeout: 60 }), { code: 'unreachable' }, 'at once');
  two.membership = 'manager';
  const second = await held(runOf(time, 'ann', [one.door]).locking.tryAcquire());
  const late = bob.locking.acquire({ timeout: 60 });
  await time.pass(5000);
  two.membership = 'leaderless';
  await t.rejects(meanwhile(time, late), { code: 'unreachable' }, 'when the time is over');
  await second.release();
});

t.test('no lock is taken in another swarm that a host has joined meanwhile', async (t) => {
  const { time, one, two } = twoManagers();
  await held(runOf(time, 'ann', [two.door]).locking.tryAcquire());
  const bob = runOf(time, 'bob', [one.door]);
  const waiting = bob.locking.acquire({ timeout: 60 });
  await time.pass(5000);
  const other = createMemorySwarm();
  one.other = other;
  t.same(await meanwhile(time, waiting), { outcome: 'gone' });
  t.same(other.asked, ['GET /configs/dabook.lock', 'GET /info'], 'who waits only looks');

  const cat = runOf(time, 'cat', [one.door]);
  t.same(await meanwhile(time, cat.locking.tryAcquire()), { outcome: 'gone' });
  await time.pass(1000);
  t.ok(other.asked.includes('POST /configs/create'));
  t.same(other.configs(), [], 'what was made there is removed again');
});

t.test('answers that are lost', async (t) => {
  await t.test('the creation was done: it is known again by its token', async (t) => {
    const { time, swarm, one, two } = twoManagers();
    const line = time.machine();
    const late = {
      ...one.door,
      ask: async (request: DockerRequest) => {
        const answer = one.answer(request);
        if (request.method === 'POST') await line.sleep(20_000, {});
        return answer;
      },
    };
    const ann = runOf(time, 'ann', [late, two.door]);
    const lock = await meanwhile(time, held(ann.locking.tryAcquire()));
    t.ok(lock.isFresh());
    t.ok(time.now() < 20_000);
    await time.pass(30_000);
    t.equal(swarm.configs().length, 1, 'still when the answer comes in the end');
    t.equal(await meanwhile(time, lock.confirm()), 'held');
    await meanwhile(time, lock.release());
    t.same(swarm.configs(), []);
  });

  await t.test('the creation is done after it was given up: it is removed', async (t) => {
    const { time, swarm, one } = twoManagers();
    const line = time.machine();
    const slow = {
      ...one.door,
      ask: async (request: DockerRequest) => {
        if (request.method === 'POST') await line.sleep(20_000, {});
        return one.answer(request);
      },
    };
    const ann = runOf(time, 'ann', [slow]);
    await t.rejects(meanwhile(time, ann.locking.tryAcquire()), { code: 'unreachable' });
    await time.pass(30_000);
    t.ok(swarm.asked.includes('POST /configs/create'));
    t.same(swarm.configs(), []);
    t.equal(ann.machine.timers(), 0);
  });
});

t.test('a renewal that hangs does not stand for a later one', async (t) => {
  const { time, one } = twoManagers();
  let isCut = false;
  const ask: SwarmDoor['ask'] = (request) => (isCut ? new Promise(() => {}) : one.door.ask(request));
  const lock = await held(runOf(time, 'ann', [{ ...one.door, ask }]).locking.tryAcquire());
  isCut = true;
  await time.pass(11_000);
  isCut = false;
  t.equal(await meanwhile(time, lock.confirm()), 'held');
  isCut = true;
  const stop = new AbortController();
  await time.pass(11_000);
  const confirming = lock.confirm(stop.signal);
  stop.abort(new Error('stopped'));
  await t.rejects(confirming, { message: 'stopped' });
  await meanwhile(
    time,
    lock.release().catch(() => {}),
  );
});

t.test('a signal ends whatever waits, and nothing is held then', async (t) => {
  const { time, swarm, one, two } = twoManagers();
  const ann = runOf(time, 'ann', [one.door]);
  const bob = runOf(time, 'bob', [two.door]);
  const stop = new AbortController();
  const reason = new Error('stopped');
  const creating = ann.locking.tryAcquire(stop.signal);
  stop.abort(reason);
  await t.rejects(meanwhile(time, creating), reason);
  t.same(swarm.configs(), []);

  const lock = await held(ann.locking.tryAcquire());
  const stop2 = new AbortController();
  const waiting = bob.locking.acquire({ timeout: 600, signal: stop2.signal });
  await time.pass(5000);
  stop2.abort(reason);
  await t.rejects(waiting, reason);
  t.equal(bob.machine.timers(), 0);
  await t.rejects(lock.confirm(stop2.signal), reason);
  t.equal(lock.state(), 'held');
  await lock.release();
});

t.test('a lock that is held keeps no process alive', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { one } = twoManagers();
  const before = timers();
  const lock = await held(createSwarmLocking({ doors: [one.door], holder: holderOf('ann') }).tryAcquire());
  t.equal(timers(), before);
  t.equal(await lock.confirm(), 'held');
  t.equal(timers(), before);
  await lock.release();
});

t.test('the first look', async (t) => {
  const swarm: MemorySwarm = createMemorySwarm();
  const host = swarm.host('ha1');
  t.match(await findSwarmDoor('ha1', host.door.ask), { host: 'ha1', swarm: swarm.id, node: host.door.node });
  t.same(swarm.asked, ['GET /info']);
  host.membership = 'worker';
  t.equal(await findSwarmDoor('ha1', host.door.ask), undefined);
  host.membership = 'inactive';
  t.equal(await findSwarmDoor('ha1', host.door.ask), undefined);
  host.membership = 'leaderless';
  await t.rejects(findSwarmDoor('ha1', host.door.ask), { code: 'command', message: /not have a leader/ });
  t.throws(() => createSwarmLocking({ doors: [], holder: holderOf('ann') }), { code: 'bug' });
  t.throws(() => createSwarmLocking({ doors: [host.door], holder: holderOf('ann'), lease: 2 }), {
    code: 'bug',
  });
});
