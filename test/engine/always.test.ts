import { mock } from 'node:test';
import t from 'tap';
import { z } from 'zod';
import { DabookError } from '../../lib/errors.ts';
import { playbook } from '../../lib/index.ts';
import { interruptedLater } from '../../lib/interrupted-later.ts';
import type { RunContext } from '../../lib/run-context.ts';
import { type FakeHost, fakeHost, only, runWith, set, setting } from './settings.ts';

const group = z.object({});
const drain = set({ name: 'node', value: 'drain' });
const activate = set({ name: 'node', value: 'active' });

/** Drains every host, does something, and sets them active again. */
function draining(work: string, later: () => void = () => {}) {
  return playbook({ name: 'drain', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play(
      'Drain',
      all,
      async (host) => {
        await host.run(drain);
        await host.run(set({ name: work, value: '1' }));
      },
      { always: (host) => host.run(activate), forks: 1 },
    );
    later();
  });
}

const breaking =
  (...names: readonly string[]) =>
  (command: string) => {
    if (names.some((name) => command.startsWith(name)))
      throw new DabookError('command', `broken: ${command}`);
  };

t.test('what is always done is done after success, and once', async (t) => {
  const host = fakeHost();
  const { outcome, events, hosts } = await runWith(draining('x'), { a: host }, { all: ['a'] });
  t.equal(outcome, 'ok');
  t.same(host.settings, { node: 'active', x: '1' });
  t.match(hosts.a, { changed: 3, failed: 0 });
  const ended = only(events, 'task.ended').map(({ title, play, status }) => [title, play, status]);
  t.same(ended.at(-1), ['set node', 'Drain', 'changed'], 'it is told as a task of that play');
});

t.test('after a failure it is done, and the run ends with what failed', async (t) => {
  const host = fakeHost();
  host.onCommand = breaking("set 'x'");
  let reached = false;
  const book = draining('x', () => {
    reached = true;
  });
  const { outcome, events, hosts } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'failed');
  t.notOk(reached);
  t.same(host.settings, { node: 'active' });
  t.match(hosts.a, { changed: 2, failed: 1 });
  t.same(only(events, 'play.ended')[0]?.failed, ['a']);
});

t.test('when it fails too, that is told beside the first error and not in its place', async (t) => {
  const host = fakeHost();
  host.onCommand = breaking("set 'x'", "set 'node' 'active'");
  let thrown: unknown;
  const book = playbook({ name: 'x', groups: { all: group } }, async ({ groups: { all }, play }) => {
    const work = () => all[0].run([drain, set({ name: 'x', value: '1' })]);
    await play('Drain', all[0], work, { always: (h) => h.run(activate) }).catch((error) => {
      thrown = error;
    });
  });
  const { outcome, events, hosts } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'failed');
  t.match(thrown, { code: 'command', message: "broken: set 'x' '1'" });
  const told = only(events, 'task.ended').flatMap(({ fault }) => fault?.message ?? []);
  t.same(told, ["broken: set 'x' '1'", "broken: set 'node' 'active'"]);
  t.match(hosts.a, { failed: 2 });
});

t.test('when it alone fails the host has failed, be it with an error of the playbook itself', async (t) => {
  const host = fakeHost();
  host.onCommand = breaking("set 'node' 'active'");
  const failing = await runWith(draining('x'), { a: host }, { all: ['a'] });
  t.equal(failing.outcome, 'failed');
  t.match(only(failing.events, 'run.ended')[0]?.fault?.message, /after "Drain".*1 of 1 hosts failed: a/);

  const book = playbook({ name: 'x', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('Drain', all, async () => 1, { always: () => Promise.reject(new TypeError('oops')) });
  });
  const own = await runWith(book, { a: fakeHost() }, { all: ['a'] });
  t.match(
    only(own.events, 'task.ended').map(({ fault }) => fault?.message),
    ['oops'],
  );
});

t.test('after an interrupt it reads and changes what it must, and nothing else is begun', async (t) => {
  const interruptions: readonly [string, string][] = [
    ['while a step is performed', "set 'x'"],
    ['while something is read', "get 'x'"],
  ];
  for (const [what, at] of interruptions) {
    const controller = new AbortController();
    const a = fakeHost();
    const b = fakeHost();
    a.onCommand = (command) => {
      if (command.startsWith(at)) controller.abort(new DabookError('interrupted', 'interrupted'));
    };
    const { outcome, events } = await runWith(
      draining('x'),
      { a, b },
      { all: ['a', 'b'] },
      { signal: controller.signal },
    );
    t.equal(outcome, 'interrupted', what);
    t.equal(a.settings.node, 'active', what);
    t.equal(b.connections, 0, `${what}: a host that was not begun has nothing to take back`);
    t.match(only(events, 'task.ended').at(-1), { title: 'set node', status: 'changed' }, what);
    t.equal(events.at(-1)?.type, 'run.ended');
  }
});

t.test('a failure of it after an interrupt is told', async (t) => {
  const controller = new AbortController();
  const host: FakeHost = fakeHost();
  host.onCommand = (command) => {
    if (command.startsWith("set 'x'")) controller.abort(new DabookError('interrupted', 'interrupted'));
    breaking("set 'node' 'active'")(command);
  };
  const { outcome, events } = await runWith(
    draining('x'),
    { a: host },
    { all: ['a'] },
    { signal: controller.signal },
  );
  t.equal(outcome, 'interrupted');
  const told = only(events, 'task.ended').flatMap(({ fault }) => fault?.message ?? []);
  t.ok(told.includes("broken: set 'node' 'active'"), told.join('; '));
});

t.test('in check mode it is previewed, and what it would take back is known', async (t) => {
  const host = fakeHost({ node: 'active' });
  const { events } = await runWith(draining('x'), { a: host }, { all: ['a'] }, { check: true });
  t.same(host.settings, { node: 'active' });
  t.same(
    only(events, 'task.planned').flatMap(({ changes }) => changes.map(({ from, to }) => [from, to])),
    [
      ['active', 'drain'],
      [undefined, '1'],
      ['drain', 'active'],
    ],
  );
});

t.test('it has a minute from the interrupt on, and all the time before', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const controller = new AbortController();
  const context = { signal: controller.signal } as RunContext;
  const states: boolean[] = [];
  await t.rejects(
    interruptedLater(context, async ({ signal }) => {
      mock.timers.tick(600_000);
      controller.abort(new DabookError('interrupted', 'interrupted'));
      mock.timers.tick(59_000);
      states.push(signal.aborted);
      mock.timers.tick(2_000);
      states.push(signal.aborted);
      signal.throwIfAborted();
    }),
    { code: 'interrupted', message: /was not done in time/ },
  );
  t.same(states, [false, true]);
  t.equal(await interruptedLater(context, async ({ signal }) => signal.aborted), false, 'begun after it');
});

t.test('a value read in it is as the host has it', async (t) => {
  const host = fakeHost({ node: 'pause' });
  let seen: string | undefined;
  const book = playbook({ name: 'x', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('Look', all, async () => 1, {
      always: async (h) => {
        seen = await h.read(setting('node'));
      },
    });
  });
  await runWith(book, { a: host }, { all: ['a'] });
  t.equal(seen, 'pause');
});
