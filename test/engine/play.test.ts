import t from 'tap';
import { z } from 'zod';
import { batches } from '../../lib/batches.ts';
import { DabookError } from '../../lib/errors.ts';
import { type PlayOptions, playbook } from '../../lib/index.ts';
import { fakeHost, only, runWith, set, setting } from './settings.ts';

const group = z.object({});
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const six = () => Object.fromEntries(names.map((name) => [name, fakeHost()]));

function setEverywhere(options: PlayOptions, after: () => void = () => {}) {
  return playbook({ name: 'six', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('Set', all, (host) => host.run(set({ name: 'x', value: '1' })), options);
    after();
  });
}

t.test('batches: a number, a percentage, a list whose last one repeats', async (t) => {
  const sizes = (serial: Parameters<typeof batches>[1]) =>
    batches(names, serial).map((batch) => batch.length);
  t.same(sizes(undefined), [6]);
  t.same(sizes(4), [4, 2]);
  t.same(sizes('50%'), [3, 3]);
  t.same(sizes('1%'), [1, 1, 1, 1, 1, 1]);
  t.same(sizes([1, '50%']), [1, 3, 2]);
  t.same(batches([], 2), []);
  t.throws(() => batches(names, 0), { code: 'playbook' });
  t.throws(() => batches(names, 'x%' as '1%'), { code: 'playbook' });
});

t.test('a failing host stops only itself; the run ends when more failed than allowed', async (t) => {
  const hosts = six();
  const b = hosts.b;
  if (b)
    b.onCommand = () => {
      throw new DabookError('command', 'broken');
    };
  let reached = false;
  const {
    outcome,
    events,
    hosts: counts,
  } = await runWith(
    setEverywhere({}, () => {
      reached = true;
    }),
    hosts,
    { all: names },
  );
  t.equal(outcome, 'failed');
  t.notOk(reached);
  t.same(
    names.filter((name) => hosts[name]?.settings.x === '1'),
    ['a', 'c', 'd', 'e', 'f'],
  );
  t.equal(counts.b?.failed, 1);
  t.equal(only(events, 'task.ended').filter(({ fault }) => fault).length, 1, 'told once');
  t.match(
    only(events, 'run.ended')[0]?.fault?.message,
    /after "Set" \(test\/engine\/play\.test\.ts:\d+\): 1 of 6 hosts failed: b/,
  );
});

t.test('maxFail: so many may fail; they are in no later play', async (t) => {
  const hosts = six();
  const b = hosts.b;
  if (b)
    b.onCommand = () => {
      throw new DabookError('command', 'broken');
    };
  const served: string[] = [];
  const book = playbook({ name: 'two', groups: { all: group } }, async ({ groups: { all }, play }) => {
    const results = await play('Set', all, (host) => host.run(set({ name: 'x', value: '1' })), {
      maxFail: '20%',
    });
    t.same(
      results.map(({ host }) => host.name),
      ['a', 'c', 'd', 'e', 'f'],
    );
    await play('Again', all, async (host) => {
      served.push(host.name);
    });
  });
  t.equal((await runWith(book, hosts, { all: names })).outcome, 'failed');
  t.same(served, ['a', 'c', 'd', 'e', 'f']);
});

t.test(
  'serial: a batch begins when the one before has ended, and none after too many failures',
  async (t) => {
    const hosts = six();
    const c = hosts.c;
    if (c)
      c.onCommand = () => {
        throw new DabookError('command', 'broken');
      };
    await runWith(setEverywhere({ serial: 2 }), hosts, { all: names });
    t.same(
      names.filter((name) => hosts[name]?.settings.x === '1'),
      ['a', 'b', 'd'],
    );
    t.equal(hosts.e?.connections, 0);
  },
);

t.test('forks: so many at once, and no more', async (t) => {
  let running = 0;
  let most = 0;
  const book = playbook({ name: 'forks', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play(
      'Count',
      all,
      async () => {
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 5));
        running--;
      },
      { forks: 2 },
    );
  });
  await runWith(book, six(), { all: names });
  t.equal(most, 2);
});

t.test('one task at a time on a host, whoever asks; two groups are one connection', async (t) => {
  const host = fakeHost();
  let running = 0;
  host.onCommand = async (command) => {
    if (!command.startsWith('set')) return;
    t.equal(++running, 1);
    await new Promise((done) => setTimeout(done, 5));
    running--;
  };
  const book = playbook(
    { name: 'both', groups: { x: group, y: group } },
    async ({
      groups: {
        x: [x],
        y: [y],
      },
      play,
    }) => {
      await Promise.all([
        play('X', [x], (h) => h.run([set({ name: 'p', value: '1' }), set({ name: 'q', value: '1' })])),
        play('Y', [y], (h) => h.run([set({ name: 'r', value: '1' })])),
        x.run(set({ name: 's', value: '1' })),
      ]);
    },
  );
  const { outcome } = await runWith(book, { a: host }, { x: ['a'], y: ['a'] });
  t.equal(outcome, 'ok');
  t.equal(host.connections, 1);
  t.same(host.settings, { p: '1', q: '1', r: '1', s: '1' });
});

t.test('unreachable hosts: told once, counted apart, exit as such', async (t) => {
  const hosts = six();
  const b = hosts.b;
  if (b)
    b.onCommand = () => {
      throw new DabookError('unreachable', 'connection lost');
    };
  const { outcome, events, hosts: counts } = await runWith(setEverywhere({}), hosts, { all: names });
  t.equal(outcome, 'unreachable');
  t.equal(only(events, 'host.unreachable').length, 1);
  t.same(counts.b, {
    ok: 0,
    changed: 0,
    unknown: 0,
    failed: 0,
    lost: 0,
    unreachable: 1,
    skipped: 0,
    waiting: 0,
  });
});

t.test('--limit: hosts outside of it are read and not changed', async (t) => {
  const hosts = six();
  const book = playbook({ name: 'limit', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('Set', all, (host) => host.run(set({ name: 'x', value: '1' })));
    const { state, changed } = await all[0].run(set({ name: 'x', value: '1' }));
    t.equal(state, undefined);
    t.notOk(changed);
  });
  const { outcome } = await runWith(book, hosts, { all: names }, { limit: new Set(['b']) });
  t.equal(outcome, 'ok');
  t.same(
    names.filter((name) => hosts[name]?.settings.x === '1'),
    ['b'],
  );
});

t.test('an error in the playbook itself: told once, with its own line', async (t) => {
  const inPlay = playbook({ name: 'x', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('Broken', all, async () => {
      throw new TypeError('oops');
    });
  });
  const first = await runWith(inPlay, { a: fakeHost() }, { all: ['a'] });
  t.equal(first.outcome, 'failed');
  t.match(only(first.events, 'task.ended')[0]?.fault, { message: 'oops', where: /play\.test\.ts:\d+/ });

  const outside = playbook({ name: 'x', groups: { all: group } }, async () => {
    throw new TypeError('oops');
  });
  const second = await runWith(outside, { a: fakeHost() }, { all: ['a'] });
  t.equal(second.outcome, 'failed');
  t.match(only(second.events, 'run.ended')[0]?.fault, { message: 'oops', where: /play\.test\.ts:\d+/ });
});

t.test('schemas: a missing group and a wrong variable end it before any connection', async (t) => {
  const host = fakeHost();
  const book = playbook(
    {
      name: 'typed',
      groups: { web: z.object({ port: z.number() }), none: group },
      vars: z.object({ stack: z.string() }),
    },
    async () => {},
  );
  await t.rejects(runWith(book, { a: host }, { web: ['a'] }, { vars: { port: 'x' } }), {
    code: 'inventory',
    faults: [{ message: /"none"/ }, { message: /port/ }, { message: /stack/ }],
  });
  t.equal(host.connections, 0);
});

t.test('words of -e become what the schema takes; texts stay texts', async (t) => {
  const Vars = z.object({ port: z.int(), on: z.boolean(), tag: z.string() });
  const book = playbook({ name: 'words', groups: { all: group }, vars: Vars }, async ({ vars }) => {
    t.same(vars, { port: 8080, on: true, tag: '7' });
  });
  const extraVars = { vars: { port: '8080', on: 'true', tag: '7' }, origin: () => undefined };
  await runWith(book, { a: fakeHost() }, { all: ['a'] }, { extraVars });
  t.equal(t.count, 1);
  await t.rejects(
    runWith(
      book,
      { a: fakeHost() },
      { all: ['a'] },
      { extraVars: { ...extraVars, vars: { ...extraVars.vars, on: 'yes' } } },
    ),
    { code: 'inventory', faults: [{ message: /on.*boolean/ }] },
  );
});

t.test('what is still under way when the playbook fails is waited for', async (t) => {
  const host = fakeHost({ slow: '1' });
  host.onCommand = async (command) => {
    if (command === "get 'slow'") await new Promise((done) => setTimeout(done, 30));
  };
  const book = playbook(
    { name: 'cut', groups: { all: group } },
    async ({
      groups: {
        all: [first],
      },
      play,
    }) => {
      await play('Cut', first, () =>
        Promise.all([first.read(setting('slow')), Promise.reject(new Error('broken'))]),
      );
    },
  );
  const { outcome, hosts, events } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'failed');
  t.match(hosts.a, { failed: 1, unreachable: 0 });
  t.equal(only(events, 'command.ended').length, 1);
  t.equal(events.at(-1)?.type, 'run.ended');
});

t.test('a forgotten await: the work is waited for, and told with its line', async (t) => {
  for (const forget of ['run', 'play', 'inner'] as const) {
    const host = fakeHost();
    const book = playbook({ name: 'forgot', groups: { all: group } }, async ({ groups: { all }, play }) => {
      const work = () => all[0].run(set({ name: 'x', value: '1' }));
      if (forget === 'run') work();
      if (forget === 'play') play('Forgot', all, work);
      if (forget === 'inner') await play('Forgot', all, async () => void work());
    });
    const { outcome, events } = await runWith(book, { a: host }, { all: ['a'] });
    t.equal(outcome, 'failed', forget);
    t.equal(host.settings.x, '1', 'it was waited for');
    t.equal(events.at(-1)?.type, 'run.ended', 'and nothing was told after the end');
    t.match(only(events, 'run.ended')[0]?.fault, {
      code: 'playbook',
      hint: /"await" is missing at test\/engine\/play\.test\.ts:\d+/,
    });
  }
});

t.test('a failed host is in no later play, not even in one of its own', async (t) => {
  const host = fakeHost();
  host.onCommand = (command) => {
    if (command === "get 'bad'") throw new DabookError('command', 'broken');
  };
  const book = playbook({ name: 'later', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('First', all, (h) => h.run(set({ name: 'bad', value: '1' })), { maxFail: 1 });
    await play('Second', all[0], (h) => h.run(set({ name: 'good', value: '1' })));
  });
  const { outcome, events } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'failed');
  t.notOk('good' in host.settings);
  t.equal(only(events, 'task.ended').filter(({ fault }) => fault).length, 1, 'told once');
});

t.test('forks that are no number of hosts, and a mistyped -e, are told as such', async (t) => {
  const { events } = await runWith(setEverywhere({ forks: 0 }), six(), { all: names });
  t.match(only(events, 'run.ended')[0]?.fault, { code: 'playbook', message: '0 is no number of hosts' });
  const book = playbook(
    { name: 'e', groups: { all: group }, vars: z.object({ stack: z.string().default('da') }) },
    async () => {},
  );
  await t.rejects(
    runWith(
      book,
      { a: fakeHost() },
      { all: ['a'] },
      { extraVars: { vars: { stak: 'x' }, origin: () => undefined } },
    ),
    { code: 'inventory', faults: [{ message: /-e stak/, hint: 'did you mean stack?' }] },
  );
});

t.test('interrupted: nothing new is begun', async (t) => {
  const controller = new AbortController();
  const host = fakeHost();
  host.onCommand = (command) => {
    if (command === "get 'x'") controller.abort(new DabookError('interrupted', 'interrupted'));
  };
  const { outcome, events } = await runWith(
    setEverywhere({}),
    { a: host },
    { all: ['a'] },
    { signal: controller.signal },
  );
  t.equal(outcome, 'interrupted');
  t.notOk('x' in host.settings);
  const [ended] = only(events, 'task.ended');
  t.match(ended, { status: 'skipped', note: 'interrupted' }, 'what was not begun has not failed');
  t.notOk(ended?.fault);
});

t.test('read gives what is there', async (t) => {
  const book = playbook(
    { name: 'read', groups: { all: group } },
    async ({
      groups: {
        all: [first],
      },
    }) => {
      t.equal(await first.read(setting('a')), '7');
    },
  );
  t.equal((await runWith(book, { a: fakeHost({ a: '7' }) }, { all: ['a'] })).outcome, 'ok');
});
