import t from 'tap';
import { z } from 'zod';
import { DabookError, messageOf } from '../../lib/errors.ts';
import { exec, fact, isKnown, playbook, refuse, secret, sh, show, task, unknown } from '../../lib/index.ts';
import type { Playbook } from '../../lib/playbook.ts';
import { createRedactor } from '../../lib/redact.ts';
import { canary } from '../canary/canary.ts';
import { type AnyTask, fakeHost, only, runWith, set, setting } from './settings.ts';

const group = z.object({});

/** A playbook that runs one list on the only host. */
function listOf(tasks: readonly AnyTask[]): Playbook {
  return playbook({ name: 'list', groups: { all: group } }, async ({ groups: { all }, play }) => {
    await play('List', all, (host) => host.run(tasks));
  });
}

const statuses = (events: Awaited<ReturnType<typeof runWith>>['events']) =>
  only(events, 'task.ended').map(({ status }) => status);

t.test('equal is ok, and a converged list of any length is read in one write', async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
  const host = fakeHost(Object.fromEntries(names.map((name) => [name, 'x'])));
  const list = listOf(names.map((name) => set({ name, value: 'x' })));
  const { events, outcome } = await runWith(list, { a: host }, { all: ['a'] });
  t.equal(outcome, 'ok');
  t.equal(host.writes.length, 1);
  t.equal(host.asked.length, 100);
  t.same(new Set(statuses(events)), new Set(['ok']));
});

t.test('different: planned, performed, verified; the rest of the list is read again', async (t) => {
  const host = fakeHost({ a: 'old', b: 'x' });
  const list = listOf([set({ name: 'a', value: 'new' }), set({ name: 'b', value: 'x' })]);
  const { events, hosts } = await runWith(list, { a: host }, { all: ['a'] });
  t.equal(host.settings.a, 'new');
  t.same(statuses(events), ['changed', 'ok']);
  t.same(hosts.a, {
    ok: 1,
    changed: 1,
    unknown: 0,
    failed: 0,
    lost: 0,
    unreachable: 0,
    skipped: 0,
    waiting: 0,
  });
  const [planned] = only(events, 'task.planned');
  t.same(planned?.changes, [{ path: '', op: 'change', from: 'old', to: 'new' }]);
  t.same(planned?.steps, ["set 'a' 'new'"]);
  t.same(host.asked, ["get 'a'", "get 'b'", "set 'a' 'new'", "get 'a'", "get 'b'"]);
});

t.test('check mode writes nothing, and later tasks see what earlier ones foresaw', async (t) => {
  const host = fakeHost({ a: 'old' });
  const copyOfA = task('copyOfA', {
    title: (_a: object) => 'copy of a',
    fact: () => fact({ key: ['copy'], read: (ask) => ask.fact(setting('a')) }),
    want: () => 'seen-new',
    steps: () => [exec(sh`set b 1`)],
  });
  const list = listOf([set({ name: 'a', value: 'new' }), set({ name: 'a', value: 'new' }), copyOfA({})]);
  const { events, outcome } = await runWith(list, { a: host }, { all: ['a'] }, { check: true });
  t.equal(outcome, 'ok');
  t.same(statuses(events), ['would-change', 'ok', 'would-change']);
  t.equal(
    only(events, 'task.planned')[1]?.changes[0]?.from,
    'new',
    'a fact that asks another sees it as foreseen',
  );
  t.notOk(host.asked.some((command) => command.startsWith('set')));
});

t.test('a state that does not come about is told as such', async (t) => {
  const host = fakeHost({ a: 'old' });
  host.onCommand = (command) => {
    if (command.startsWith('get')) host.settings.a = 'stubborn';
  };
  const { events, outcome } = await runWith(
    listOf([set({ name: 'a', value: 'new' })]),
    { a: host },
    { all: ['a'] },
  );
  t.equal(outcome, 'failed');
  const [ended] = only(events, 'task.ended');
  t.equal(ended?.fault?.code, 'not-converged');
  t.match(ended?.fault?.hint, /"stubborn", wanted "new"/);
});

t.test('settling: read again until it is as wanted', async (t) => {
  const host = fakeHost({});
  let reads = 0;
  host.onCommand = (command) => {
    if (command.startsWith('get')) host.settings.a = ++reads > 3 ? 'new' : 'old';
  };
  const list = listOf([set({ name: 'a', value: 'new', timeout: 20 })]);
  const { events } = await runWith(list, { a: host }, { all: ['a'] });
  t.same(statuses(events), ['changed']);
  t.equal(host.asked.filter((command) => command.startsWith('set')).length, 1, 'the step is done once');
});

t.test('other steps that follow from the new state are performed too', async (t) => {
  const climb = task('climb', {
    title: (_a: object) => 'climb',
    fact: () => setting('level'),
    want: () => '3',
    steps: (now) => [exec(sh`set level ${Number(now ?? 0) + 1}`)],
  });
  const host = fakeHost({ level: '0' });
  const { outcome } = await runWith(listOf([climb({})]), { a: host }, { all: ['a'] });
  t.equal(outcome, 'ok');
  t.equal(host.settings.level, '3');
});

t.test('what follows from first steps is agreed to with them, what destroys only with such', async (t) => {
  /** Steps by what the level is: words are what they destroy. */
  const climb = task('climb', {
    title: (_a: { by: readonly (string | undefined | null)[] }) => 'climb',
    fact: () => setting('level'),
    want: (_now, { by }) => `${by.length}`,
    steps: (now, _want, { by }) => {
      const destroys = by[Number(now)];
      // Nothing to do but wait.
      return destroys === null ? [] : [exec(sh`set level ${Number(now) + 1}`, { destroys })];
    },
    settle: () => ({ timeout: 20, interval: 0.01 }),
  });
  const agreeing = async (by: readonly (string | undefined | null)[], refused?: string) => {
    const host = fakeHost({ level: '0' });
    let looks = 0;
    host.onCommand = (command) => {
      const isWaiting = by[Number(host.settings.level)] === null;
      if (command.startsWith('get') && isWaiting && ++looks > 2) host.settings.level = '1';
    };
    const agreed: unknown[] = [];
    const { outcome } = await runWith(
      listOf([climb({ by })]),
      { a: host },
      { all: ['a'] },
      {
        approval: {
          seek: async () => void agreed.push('sought'),
          allow: async ({ planned: { destroys = [] } }) => {
            if (refused !== undefined && destroys.includes(refused))
              throw new DabookError('unapproved', 'no');
            agreed.push(destroys);
          },
        },
      },
    );
    return { outcome, agreed, level: host.settings.level };
  };
  t.same(await agreeing([undefined, undefined]), { outcome: 'ok', agreed: ['sought', []], level: '2' });
  t.same(await agreeing(['one', 'two']), { outcome: 'ok', agreed: ['sought', ['one']], level: '2' });
  t.same(
    await agreeing([undefined, 'two', 'three']),
    { outcome: 'ok', agreed: ['sought', [], ['two']], level: '3' },
    'steps that destroy nothing were no word for it',
  );
  t.same(
    await agreeing([null, 'two', 'three']),
    { outcome: 'ok', agreed: ['sought', ['two']], level: '3' },
    'nor was having to wait',
  );
  t.match(await agreeing([undefined, 'two'], 'two'), { outcome: 'unapproved', level: '1' });
  t.match(await agreeing([null, 'two'], 'two'), { outcome: 'unapproved', level: '1' });
});

t.test('a write that lost against another writer is decided anew', async (t) => {
  const host = fakeHost({ a: 'old' });
  let losses = 3;
  host.onCommand = (command) => {
    if (command.startsWith('set') && losses-- > 0)
      throw new DabookError('conflict', 'update out of sequence');
  };
  const { events } = await runWith(listOf([set({ name: 'a', value: 'new' })]), { a: host }, { all: ['a'] });
  t.same(statuses(events), ['changed']);
  t.equal(host.settings.a, 'new');
});

t.test('a refusal is the same in check mode and in an apply', async (t) => {
  const never = task('never', {
    title: (_a: object) => 'never',
    fact: () => setting('a'),
    want: () => {
      throw refuse('it is the last one', 'tell it to go on');
    },
    steps: () => [],
  });
  for (const check of [true, false]) {
    const { events, outcome } = await runWith(
      listOf([never({})]),
      { a: fakeHost() },
      { all: ['a'] },
      { check },
    );
    t.equal(outcome, 'failed');
    t.match(only(events, 'task.ended')[0]?.fault, {
      code: 'refused',
      message: 'it is the last one',
      hint: 'tell it to go on',
    });
  }
});

t.test('a failing step: the command, its status, its stderr; what is behind it is not begun', async (t) => {
  const broken = task('broken', {
    title: (_a: object) => 'broken',
    fact: () => setting('a'),
    want: () => 'x',
    steps: () => [exec(sh`fail now`)],
  });
  const host = fakeHost();
  const { events, outcome } = await runWith(
    listOf([broken({}), set({ name: 'b', value: 'x' })]),
    { a: host },
    { all: ['a'] },
  );
  t.equal(outcome, 'failed');
  const ended = only(events, 'task.ended');
  t.equal(ended.length, 1);
  t.match(ended[0]?.fault, { command: { shown: 'fail now', status: 3, stderr: 'it is broken' } });
  t.match(ended[0]?.fault?.where, /^test\/engine\/converge\.test\.ts:\d+$/);
  t.notOk('b' in host.settings);
});

t.test('unknowns: passed on and shown, never sent', async (t) => {
  const id = unknown('id of node b');
  const labels = fact({ key: ['labels', id], read: async () => ({ a: '1' }), whenUnknown: () => ({}) });
  const label = task('label', {
    title: (_a: object) => 'label',
    fact: () => labels as typeof labels & { read: never },
    want: () => ({ a: '1', of: id }),
    steps: () => [{ kind: 'docker' as const, method: 'POST' as const, path: '/x', title: 'x', body: { id } }],
  });
  const unread = task('unread', {
    title: (_a: object) => 'unread',
    fact: () => fact({ key: ['x', id], read: async () => 'never' }),
    want: () => 'x',
    steps: () => [],
  });
  const check = await runWith(
    listOf([label({}), unread({})]),
    { a: fakeHost() },
    { all: ['a'] },
    { check: true },
  );
  t.same(statuses(check.events), ['would-change', 'unknown']);
  t.match(only(check.events, 'task.planned')[0]?.changes, [
    { path: 'a', to: '1' },
    { path: 'of', to: '(known after apply)' },
  ]);
  const apply = await runWith(listOf([label({})]), { a: fakeHost() }, { all: ['a'] });
  t.match(only(apply.events, 'task.ended')[0]?.fault, { code: 'bug', message: /would send id of node b/ });
  t.throws(() => `${id}`, /known only after apply/);
  t.notOk(isKnown(id));
});

t.test('what is refused while it settles is waited for, until it is late', async (t) => {
  const patient = task('patient', {
    title: (_a: { timeout: number }) => 'patient',
    fact: () => setting('a'),
    want: (now) => {
      if (now === 'odd') throw refuse('it looks odd');
      return 'new';
    },
    steps: () => [exec(sh`set a odd`)],
    settle: ({ timeout }) => ({ timeout, interval: 0.01 }),
  });
  const host = fakeHost({ a: 'old' });
  let looks = 0;
  host.onCommand = (command) => {
    if (command.startsWith('get') && ++looks === 4) host.settings.a = 'new';
  };
  const waited = await runWith(listOf([patient({ timeout: 20 })]), { a: host }, { all: ['a'] });
  t.same(statuses(waited.events), ['changed']);
  const late = await runWith(
    listOf([patient({ timeout: 0 })]),
    { a: fakeHost({ a: 'old' }) },
    { all: ['a'] },
  );
  t.match(only(late.events, 'task.ended')[0]?.fault, { code: 'refused', message: 'it looks odd' });
});

t.test('an opaque command that failed is a failure, whatever its stderr says', async (t) => {
  const always = task('always', {
    title: (_a: object) => 'always',
    fact: () => fact({ key: ['always'], read: async () => 0 }),
    want: (now) => now + 1,
    steps: () => [exec(sh`fail`, { conflicts: /broken/ })],
    opaque: () => true,
  });
  const { events, outcome } = await runWith(listOf([always({})]), { a: fakeHost() }, { all: ['a'] });
  t.equal(outcome, 'failed');
  t.same(statuses(events), ['failed']);
});

t.test('check mode fails where waiting could not help', async (t) => {
  const hopeless = task('hopeless', {
    title: (_a: object) => 'hopeless',
    fact: () => setting('a'),
    want: () => 'running',
    steps: () => [],
    stuck: () => ({ reason: 'no such image', final: true }),
  });
  const { events } = await runWith(
    listOf([hopeless({})]),
    { a: fakeHost() },
    { all: ['a'] },
    { check: true },
  );
  t.match(only(events, 'task.ended')[0], {
    status: 'failed',
    fault: { code: 'not-converged', message: /no such image/ },
  });
});

t.test('trouble of the past is waited out; it ends the wait when there is more of it', async (t) => {
  const failures = (later: readonly string[]) => {
    const host = fakeHost({ a: 'failed 3' });
    let looks = 0;
    host.onCommand = (command) => {
      const next = command.startsWith('get') ? later[looks++] : undefined;
      if (next !== undefined) host.settings.a = next;
    };
    return host;
  };
  const service = task('service', {
    title: (_a: object) => 'service',
    fact: () => setting('a'),
    want: () => 'running',
    steps: () => [],
    settle: () => ({ timeout: 20, interval: 0.01 }),
    stuck: (now) => ({ reason: String(now), finalWhenMore: String(now).split(', ') }),
  });
  const mended = await runWith(
    listOf([service({})]),
    { a: failures(['failed 3', 'failed 3', 'failed 3', 'running']) },
    { all: ['a'] },
  );
  t.same(statuses(mended.events), ['ok'], 'somebody has mended it before');
  const worse = await runWith(
    listOf([service({})]),
    { a: failures(['failed 3', 'failed 3', 'failed 4', 'failed 4', 'running']) },
    { all: ['a'] },
  );
  t.match(only(worse.events, 'task.ended')[0]?.fault, { code: 'not-converged', message: /failed 4/ });
  const oneByOne = await runWith(
    listOf([service({})]),
    { a: failures(['web 3, db 3', 'web 3, db 3', 'db 3', 'web 3, db 3', 'running']) },
    { all: ['a'] },
  );
  t.same(statuses(oneByOne.events), ['ok'], 'one of two that recovers is no more trouble than before');
  const other = await runWith(
    listOf([service({})]),
    { a: failures(['web 3, db 3', 'web 3, db 3', 'db 4', 'running']) },
    { all: ['a'] },
  );
  t.match(only(other.events, 'task.ended')[0]?.fault, { code: 'not-converged', message: /db 4/ });
});

t.test('interrupted while it settles: told as such', async (t) => {
  const controller = new AbortController();
  const host = fakeHost({ a: 'old' });
  let looks = 0;
  host.onCommand = (command) => {
    if (command.startsWith('get')) host.settings.a = 'old';
    if (command.startsWith('get') && ++looks === 3) {
      setTimeout(() => controller.abort(new DabookError('interrupted', 'interrupted')), 5);
    }
  };
  const list = listOf([set({ name: 'a', value: 'new', timeout: 30 })]);
  const { events, outcome } = await runWith(list, { a: host }, { all: ['a'] }, { signal: controller.signal });
  t.equal(outcome, 'interrupted');
  t.equal(only(events, 'task.ended')[0]?.fault?.code, 'interrupted');
});

t.test('states that cannot be compared are told, not taken for equal', async (t) => {
  const odd = task('odd', {
    title: (_a: object) => 'odd',
    fact: () => fact({ key: ['odd'], read: async () => new Set<string>() }),
    want: () => new Set(['a']),
    steps: () => [],
  });
  const { events } = await runWith(listOf([odd({})]), { a: fakeHost() }, { all: ['a'] });
  t.match(only(events, 'task.ended')[0]?.fault, {
    code: 'playbook',
    message: 'a state holds a Set, which cannot be compared',
  });
});

t.test('secrets that are part of one another are all taken out whole', async (t) => {
  const redactor = createRedactor();
  redactor.learn([
    secret('short', 'hunter'),
    { deep: secret('long', 'hunter2-Zq81') },
    secret('odd', 'a.b*c$d'),
  ]);
  t.equal(redactor.text('pw=hunter2-Zq81, hunter, a.b*c$d, axb*c$d'), 'pw=<long>, <short>, <odd>, axb*c$d');
});

t.test('a failing step tells what to do, where it knows', async (t) => {
  const hinted = task('hinted', {
    title: (_a: object) => 'hinted',
    fact: () => setting('a'),
    want: () => 'x',
    steps: () => [exec(sh`fail`, { hint: 'mend it' })],
  });
  const { events } = await runWith(listOf([hinted({})]), { a: fakeHost() }, { all: ['a'] });
  t.equal(only(events, 'task.ended')[0]?.fault?.hint, 'mend it');
});

t.test('a secret that a host prints is in no event', async (t) => {
  const token = `SWMTKN-1-${canary('join token')}`;
  const leaky = task('leaky', {
    title: (a: { token: ReturnType<typeof secret> }) => `use ${show(a.token)}`,
    fact: () => setting('a'),
    want: () => 'x',
    steps: (_now, _want, a) => [exec(sh`fail`, { stdin: a.token })],
  });
  const host = fakeHost();
  host.onCommand = (command) => {
    if (command !== 'fail') return;
    throw new DabookError('command', `bad token ${token} ${Buffer.from(token).toString('base64')}`);
  };
  const { events } = await runWith(
    listOf([leaky({ token: secret('join token', token) })]),
    { a: host },
    { all: ['a'] },
  );
  const text = JSON.stringify(events);
  t.notOk(text.includes(token));
  t.notOk(text.includes(Buffer.from(token).toString('base64')));
  t.match(only(events, 'task.ended')[0]?.fault?.message, 'bad token <join token>');
});

t.test('due: whether a list would change something, and whether any of it must not be done', async (t) => {
  const wait = task('wait', {
    title: (_a: object) => 'wait',
    fact: () => setting('a'),
    want: () => 'running',
    steps: () => [],
  });
  const never = task('never', {
    title: (_a: object) => 'never',
    fact: () => setting('a'),
    want: () => {
      throw refuse('it must not be');
    },
    steps: () => [],
  });
  const always = task('always', {
    title: (_a: object) => 'always',
    fact: () => setting('a'),
    want: (now) => now,
    steps: () => [exec(sh`set a b`)],
    opaque: () => true,
  });
  const later = task('later', {
    title: (_a: object) => 'later',
    fact: () => fact({ key: ['later', unknown('id')], read: async () => 'a' }),
    want: (now) => now,
    steps: () => [],
  });
  const here = set({ name: 'a', value: 'old' });
  const changed = set({ name: 'a', value: 'new' });
  const cases: readonly (readonly [what: string, tasks: readonly AnyTask[], wanted: unknown])[] = [
    ['nothing', [], false],
    ['done', [here], false],
    ['one of two', [here, changed], true],
    ['nothing to do but wait', [here, wait({})], false],
    ['opaque', [always({})], true],
    ['not known yet', [later({})], true],
    ['refused', [never({})], 'it must not be'],
    ['refused behind one that is due', [changed, always({}), later({}), never({})], 'it must not be'],
  ];
  const found: unknown[] = [];
  const host = fakeHost({ a: 'old' });
  const book = playbook(
    { name: 'due', groups: { all: z.object({}) } },
    async ({
      groups: {
        all: [one],
      },
    }) => {
      for (const [, tasks] of cases) found.push(await one.due(tasks).catch(messageOf));
    },
  );
  const { outcome } = await runWith(book, { a: host }, { all: ['a'] });
  t.equal(outcome, 'ok');
  for (const [index, [what, , wanted]] of cases.entries()) t.equal(found[index], wanted, what);
  t.notOk(
    host.asked.some((command) => command.startsWith('set')),
    'it only reads',
  );
});
