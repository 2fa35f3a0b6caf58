import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { bulk } from '../../lib/bulk.ts';
import { createConnections } from '../../lib/connections.ts';
import { fact, type Host, playbook, sh, type Task, task } from '../../lib/index.ts';
import { copyFile } from '../../lib/tasks/files/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import type { Session, Target } from '../../lib/transport/session.ts';
import { onHosts } from '../tasks/rig.ts';
import { fakeHost, only, runWith, set, setting } from './settings.ts';

/** A playbook that does something on its only host. */
const on = (work: (host: Host) => Promise<unknown>) =>
  playbook({ name: 'trips', groups: { all: z.object({}) } }, async ({ groups }) => {
    await work(groups.all[0]);
  });

const letters = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);
const valuesOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'v']));

for (const count of [1, 10, 100]) {
  t.test(`a converged list of ${count} is one round trip of a connected host`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'dabook-trips-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const tasks = letters(count).map((name) => {
      const dest = join(folder, name);
      writeFileSync(dest, name, { mode: 0o644 });
      return copyFile({ content: name, dest, mode: '0644' });
    });
    const target: Target = { name: 'here', connection: 'local', address: 'localhost' };
    const { connect } = createLocalTransport({ user: 'test' });
    const { statuses, events } = await onHosts(
      { targets: [target], become: false, connect },
      async ([host]) => {
        await host.read(fact({ key: ['warm up'], read: (ask) => ask.sh(sh`true`) }));
        await host.run(tasks);
      },
    );
    t.same(new Set(statuses), new Set(['ok']));
    t.equal(statuses.length, count);
    const trips = only(events, 'command.ended').map(({ trip }) => trip);
    t.equal(Math.max(...trips), 2, 'one for the warm up, one for the list');
    t.same(only(events, 'run.ended')[0]?.roundTrips, { here: 2 });
  });
}

t.test('lists that are asked for in one tick are read in one write', async (t) => {
  const names = letters(6);
  const host = fakeHost(valuesOf(names));
  const { events } = await runWith(
    on((h) => Promise.all(names.map((name) => h.run([set({ name, value: 'v' })])))),
    { a: host },
    { all: ['a'] },
  );
  t.same(host.writes, [names.map((name) => `get '${name}'`)]);
  t.same(only(events, 'run.ended')[0]?.roundTrips, { a: 1 });
});

t.test('what was read before another list changed something is read again', async (t) => {
  const host = fakeHost({ a: 'old', b: 'v' });
  host.onCommand = (command) => {
    // Something on the host that depends on the other.
    if (command === "set 'a' 'new'") host.settings.b = 'upset';
  };
  const { events } = await runWith(
    on((h) => Promise.all([h.run(set({ name: 'a', value: 'new' })), h.run(set({ name: 'b', value: 'v' }))])),
    { a: host },
    { all: ['a'] },
  );
  t.same(
    only(events, 'task.ended').map(({ status }) => status),
    ['changed', 'changed'],
  );
  t.equal(host.settings.b, 'v');
});

t.test('in check mode too: what an earlier list foresaw is seen by the later one', async (t) => {
  const host = fakeHost({ a: 'old' });
  const book = on(async (h) => {
    const [, seen] = await Promise.all([h.run(set({ name: 'a', value: 'new' })), h.run(mirror({}))]);
    t.equal(seen.state, 'new');
  });
  await runWith(book, { a: host }, { all: ['a'] }, { check: true });
});

const mirror = task('mirror', {
  title: (_a: object) => 'mirror a',
  fact: () => fact({ key: ['mirror of a'], read: (ask) => ask.fact(setting('a')) }),
  want: (now) => now,
  steps: () => [],
});

t.test('a change: its verification and the facts behind it share a round trip', async (t) => {
  const host = fakeHost({ s0: 'old', s1: 'v', s2: 'v' });
  await runWith(
    on((h) => h.run(letters(3).map((name) => set({ name, value: 'v' })))),
    { a: host },
    { all: ['a'] },
  );
  t.same(host.writes, [
    ["get 's0'", "get 's1'", "get 's2'"],
    ["set 's0' 'v'"],
    ["get 's0'", "get 's1'", "get 's2'"],
  ]);
});

t.test('the facts behind a change that took its time are read once it is done', async (t) => {
  const host = fakeHost({ a: 'old', b: 'v' });
  let looks = 0;
  host.onCommand = (command) => {
    if (command !== "get 'a'") return;
    looks += 1;
    if (looks === 2) host.settings.a = 'half way';
    if (looks === 3) Object.assign(host.settings, { a: 'new', b: 'upset' });
  };
  const slow: Task<string | undefined> = task('slow', {
    title: (_a: object) => 'slow',
    fact: () => setting('a'),
    want: () => 'new',
    steps: (now) => (now === 'old' ? set({ name: 'a', value: 'new' }).steps(now, 'new') : []),
    settle: () => ({ timeout: 10, interval: 0.01 }),
  })({});
  host.settings.a = 'old';
  const { events } = await runWith(
    on((h) => h.run([slow, set({ name: 'b', value: 'v' })])),
    { a: host },
    { all: ['a'] },
  );
  t.same(
    only(events, 'task.ended').map(({ status }) => status),
    ['changed', 'changed'],
    'b was upset while a settled',
  );
});

t.test('what several tasks want to know of a host is asked once a tick', async (t) => {
  const host = fakeHost({ a: 'v' });
  const book = on(async (h) => {
    await h.run([set({ name: 'a', value: 'v' }), mirror({}), set({ name: 'a', value: 'v' })]);
    await h.read(setting('a'));
  });
  await runWith(book, { a: host }, { all: ['a'] });
  t.same(host.asked, ["get 'a'", "get 'a'"], 'once for the list, and anew for who asks later');
});

t.test('a bulk question is one call for all that ask it in one tick', async (t) => {
  const calls: (readonly string[])[] = [];
  const lookUp = bulk(async (ask, names: readonly string[]) => {
    calls.push(names);
    const answers = await Promise.all(names.map((name) => ask.sh(sh`get ${name}`)));
    return answers.map(({ stdout }) => (stdout === 'bad' ? new Error(stdout) : stdout));
  });
  const of = (name: string, before?: string) =>
    fact({
      key: ['of', name],
      read: async (ask) => {
        if (before !== undefined) await ask.bulk(lookUp, before);
        return ask.bulk(lookUp, name);
      },
    });
  const host = fakeHost({ a: '1', b: '2', c: '3' });
  const book = on(async (h) => {
    t.same(await Promise.all([h.read(of('a')), h.read(of('b')), h.read(of('a'))]), ['1', '2', '1']);
    t.same(await Promise.all([h.read(of('b', 'a')), h.read(of('c'))]), ['2', '3'], 'one after the other');
    // Promises that are settled already are waited for.
    const late = Promise.resolve().then(() => h.read(of('b')));
    t.same(await Promise.all([h.read(of('a')), late]), ['1', '2']);
  });
  const { outcome } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'ok');
  t.same(calls, [['a', 'b'], ['a', 'c'], ['b'], ['a', 'b']]);
});

t.test('a bulk question that fails fails for all, and the next one is asked anew', async (t) => {
  const failing = bulk(async (ask, [name = '']: readonly string[]) => {
    await ask.sh(sh`fail ${name}`);
    return [];
  });
  const short = bulk(async () => []);
  const ask = (what: typeof failing, question: string) =>
    fact({ key: ['ask', question], read: (ask) => ask.bulk(what, question) });
  const host = fakeHost();
  const book = on(async (h) => {
    const both = await Promise.allSettled([h.read(ask(failing, 'a')), h.read(ask(failing, 'b'))]);
    t.match(both, [
      { status: 'rejected', reason: { code: 'command' } },
      { status: 'rejected', reason: { code: 'command' } },
    ]);
    await t.rejects(h.read(ask(failing, 'c')), { code: 'command' });
    await t.rejects(h.read(ask(short, 'd')), { code: 'bug', message: /0 answers to 1 question/ });
  });
  await runWith(book, { a: host }, { all: ['a'] });
  t.same(host.asked, ["fail 'a'", "fail 'c'"]);
});

t.test(
  'so many connections are open at most, and the one that was not needed for longest is closed',
  async (t) => {
    const log: string[] = [];
    let open = 0;
    let highest = 0;
    const connect = async ({ name }: Target): Promise<Session> => {
      log.push(`connect ${name}`);
      highest = Math.max(highest, ++open);
      return {
        exec: () => Promise.reject(new Error('not asked here')),
        docker: () => Promise.reject(new Error('not asked here')),
        accompany: () => Promise.reject(new Error('not asked here')),
        async close() {
          open -= 1;
          log.push(`close ${name}`);
        },
      };
    };
    const connections = createConnections(connect, 2);
    const line = (name: string) => connections.line({ name, connection: 'ssh', address: name }, () => {});
    const [a, b, c] = [line('a'), line('b'), line('c')] as const;
    await a.hold(() => a.session());
    await b.hold(() => b.session());
    await a.hold(() => a.session());
    await c.hold(() => c.session());
    t.same(log, ['connect a', 'connect b', 'close b', 'connect c'], 'b is the one');
    await b.hold(() => b.session());
    t.same(log.slice(4), ['close a', 'connect b']);
    t.equal(highest, 2);
    await a.hold(async () => {
      await a.session();
      // All three are needed at one time: none of them is refused, and none is closed.
      await Promise.all([b, c].map((other) => other.hold(() => other.session())));
    });
    await Promise.all([a, b, c].map((each) => each.close()));
    t.equal(open, 0);
  },
);

t.test('a run of more hosts than connections reaches all of them, play after play', async (t) => {
  const names = letters(30);
  const hosts = Object.fromEntries(names.map((name) => [name, fakeHost({ a: 'v' })]));
  const book = playbook({ name: 'many', groups: { all: z.object({}) } }, async ({ groups, play }) => {
    for (const title of ['first', 'second'])
      await play(title, groups.all, (host) => host.run(set({ name: 'a', value: 'v' })));
  });
  const { outcome, events } = await runWith(book, hosts, { all: names }, { forks: 3, connections: 10 });
  t.equal(outcome, 'ok');
  t.ok(
    Object.values(hosts).every(({ connections }) => connections === 2),
    'each was let go of, and connected to again',
  );
  const { roundTrips } = only(events, 'run.ended')[0] ?? {};
  t.same(roundTrips, Object.fromEntries(names.map((name) => [name, 2])));
});

t.test('events tell when a host has its slot, and when it is connected to', async (t) => {
  const hosts = { a: fakeHost(), b: fakeHost() };
  const book = playbook({ name: 'slots', groups: { all: z.object({}) } }, async ({ groups, play }) => {
    await play('Set', groups.all, (host) => host.run(set({ name: 'a', value: 'v' })), { forks: 1 });
  });
  const { events } = await runWith(book, hosts, { all: ['a', 'b'] });
  const told = events
    .filter((event) => ['host.started', 'host.connected', 'host.ended'].includes(event.type))
    .map((event) => `${event.type} ${'host' in event ? event.host : ''}`);
  t.same(
    told,
    ['a', 'b'].flatMap((name) => [`host.started ${name}`, `host.connected ${name}`, `host.ended ${name}`]),
  );
});
