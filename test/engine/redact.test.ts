import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { exec, type Fact, fact, put, sh, type Task, task } from '../../lib/index.ts';
import { createKnownTexts } from '../../lib/known-texts.ts';
import { createRedactor } from '../../lib/redact.ts';
import { reveal, type Secret, secret } from '../../lib/secret.ts';
import type { MemoryExecOptions, MemoryHost } from '../../lib/transport/memory.ts';
import { canary } from '../canary/canary.ts';
import { noise } from './noise.ts';
import { told } from './told.ts';

t.test('texts in a text', async (t) => {
  /** What stands there by looking for each text at each place. */
  const byHand = (known: ReadonlyMap<string, string>, text: string) => {
    const longestFirst = [...known.keys()]
      .filter((one) => one.length >= 4)
      .sort((a, b) => b.length - a.length);
    let replaced = '';
    let done = 0;
    let last = '';
    for (let at = 0; at < text.length; at += 1) {
      const found = longestFirst.find((one) => text.startsWith(one, at));
      if (found !== undefined && at + found.length > done) {
        if (at >= done || last !== found) replaced += known.get(found);
        done = at + found.length;
        last = found;
      }
      if (at >= done) replaced += text[at];
    }
    return replaced;
  };
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é', '\ud83d', '\ude00'), maxLength: 12 });
  const any = fc.oneof(few, few, fc.string({ unit: 'binary', maxLength: 40 }));
  const texts = fc.array(any, { maxLength: 30 });
  const pieces = fc.array(fc.oneof(any, fc.nat({ max: 29 })), { maxLength: 30 });

  t.doesNotThrow(() =>
    fc.assert(
      fc.property(texts, texts, pieces, (first, later, parts) => {
        const text = parts.map((part) => (typeof part === 'number' ? (first[part] ?? '') : part)).join('');
        const found = createKnownTexts();
        const known = new Map<string, string>();
        // Half of them after the first look: what is known then is looked for as well.
        for (const some of [first, later]) {
          for (const one of some) {
            if (!known.has(one)) known.set(one, `<${known.size}>`);
            found.add(one, known.get(one) ?? '');
          }
          assert.equal(found.replaceIn(text), byHand(known, text));
        }
      }),
      { numRuns: 150 },
    ),
  );
});

t.test('of texts that overlap nothing is left', async (t) => {
  const redactor = createRedactor();
  redactor.learn([secret('PIN', '2024'), secret('PW', '24-super-secret'), secret('long', 'secret-and-more')]);
  t.equal(redactor.text('it is 2024-super-secret!'), 'it is <PIN><PW>!');
  t.equal(redactor.text('2024-super-secret-and-more'), '<PIN><PW><long>');
  t.equal(redactor.text('24-super-secret 2024'), '<PW> <PIN>', 'one that is within another one is that');
  redactor.learn(secret('again', 'abcabc'));
  t.equal(redactor.text('abcabcabcabc.'), '<again>.');
  // Longer ones, of which the second one begins far before the end of the first one.
  const [first, both, second] = [noise(300), noise(900), noise(300)] as const;
  redactor.learn([secret('one', first + both), secret('two', both + second)]);
  t.equal(redactor.text(`a ${first}${both}${second} b`), 'a <one><two> b');
});

t.test('a secret in every form that a host may print it in', async (t) => {
  const password = 'päss "wörd"\n with\ttwo long lines';
  const redactor = createRedactor();
  t.equal(redactor.text(password), password, 'not known yet');
  redactor.learn({ deep: [secret('password', password), secret('odd', 'half a \ud83d character')] });
  const forms = {
    plain: password,
    base64: Buffer.from(password).toString('base64'),
    json: JSON.stringify(password).slice(1, -1),
    url: encodeURIComponent(password),
    line: ' with\ttwo long lines',
  };
  for (const [name, form] of Object.entries(forms)) {
    t.equal(redactor.text(`a${form}b${form}`), 'a<password>b<password>', name);
  }
  t.equal(redactor.text('half a \ud83d character'), '<odd>', 'half a character has no form in a URL');
});

t.test('what a fact gives a command by stdin is not told', async (t) => {
  const password = canary('password');
  const given = (stdin: string | Secret): Fact<string> =>
    fact({ key: ['given'], read: async (ask) => (await ask.sh(sh`check`, { stdin })).stdout });
  const hosts = {
    a: {
      exec: (command: string, { stdin = new Uint8Array() }: MemoryExecOptions) =>
        `${command} ${stdin.length}`,
    },
    b: {
      exec: (_: string, { stdin = new Uint8Array() }: MemoryExecOptions) => ({
        status: 2,
        stderr: `bad: ${Buffer.from(stdin)}`,
      }),
    },
  };
  const { result, text, asked } = await told(hosts, async ([a, b]) => [
    await a.read(given('plain text é')),
    await a.read(given(secret('password', password))),
    await a.read(given('')),
    await b?.read(given(secret('password', password))).catch((error) => error),
  ]);
  t.match(result, [
    'check 13',
    `check ${password.length}`,
    'check 0',
    { code: 'command', command: { shown: 'check', status: 2, stderr: 'bad: <password>' } },
  ]);
  t.notMatch(text, 'plain text');
  t.notMatch(text, password);
  t.equal(asked.filter(({ type }) => type === 'exec').length, 4);
});

t.test('a value of any kind', async (t) => {
  const redactor = createRedactor();
  const pin = secret('pin', '84731925');
  redactor.learn(new Map([['all', new Set([pin])]]));
  const own = JSON.parse('{"__proto__": "84731925", "a84731925": [84731925, 1, null, true]}');
  const told = redactor.value({
    map: new Map([['84731925', pin]]),
    set: new Set(['84731925']),
    big: 84731925n,
    own,
  });
  t.strictSame(told, {
    map: new Map([['<pin>', '<pin>']]),
    set: new Set(['<pin>']),
    big: '<pin>',
    own: JSON.parse('{"__proto__": "<pin>", "a<pin>": ["<pin>", 1, null, true]}'),
  });
});

t.test('what a command prints of a secret that a fact gave it is told nowhere', async (t) => {
  const made = secret('made', canary('made'));
  const prints = {
    exec: (_: string, { stdin = new Uint8Array() }: MemoryExecOptions) => Buffer.from(stdin).toString(),
  };
  const printed = (isError: boolean) =>
    task('print', {
      title: () => 'print it',
      fact: () =>
        fact({
          key: ['printed'],
          read: async (ask) => {
            const { stdout } = await ask.sh(sh`cat`, { stdin: made });
            if (isError) throw new Error(`it printed ${stdout}`);
            return stdout;
          },
        }),
      want: () => 'other',
      steps: () => [exec(sh`true`)],
    })({});
  for (const isError of [false, true]) {
    const { text } = await told({ a: prints }, ([a]) => a.run(printed(isError)).catch(() => {}));
    t.match(text, isError ? 'it printed <made>' : '"from":"<made>"');
    t.notOk(text.includes(reveal(made)));
  }
});

t.test('fifty hosts at once warn of nothing', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));

  const names = Array.from({ length: 50 }, (_, index) => `web${index}`);
  const count = 4;
  // As wanted only when all are looked at for the fourth time after the steps: each host waits for a while.
  const scripted = (): MemoryHost => {
    const files = new Map<string, number>();
    return {
      exec: (command, { stdin }) => {
        const [verb, name = ''] = command.replaceAll("'", '').split(' ');
        if (stdin !== undefined) files.set('written', 0);
        if (verb !== 'get') return '';
        const looks = files.get('written');
        if (looks !== undefined) files.set('written', looks + 1);
        return looks !== undefined && looks > 3 * count ? 'new' : `old ${name}`;
      },
      docker: () => ({ status: 200, body: { Swarm: {} } }),
    };
  };
  const value = task('value', {
    title: (a: { name: string }) => `value ${a.name}`,
    fact: (a) =>
      fact({
        key: ['value', a.name],
        read: async (ask) => {
          const parts = await Promise.all([ask.sh(sh`get ${a.name}`), ask.sh(sh`look`), ask.docker('/info')]);
          return parts[0].stdout === 'new' ? 'new' : 'old';
        },
      }),
    want: () => 'new',
    steps: (_now, _want, a) => [
      put(`/${a.name}`, { content: { from: 'secret', secret: secret('file', noise(100)) }, mode: '0600' }),
    ],
    settle: () => ({ timeout: 60, interval: 0.01 }),
  });
  const tasks: readonly Task<string>[] = Array.from({ length: count }, (_, index) =>
    value({ name: `${index}` }),
  );
  const hosts = Object.fromEntries(names.map((name) => [name, scripted()]));
  const { error, statuses, text } = await told(hosts, (all) =>
    Promise.all(all.map((host) => host.run(tasks))),
  );
  t.equal(error, undefined);
  t.equal(statuses.length, names.length * count);
  t.same(new Set(statuses), new Set(['changed', 'ok']));
  t.notMatch(text, noise(20));
  t.same(warnings, []);
});

t.test('of a secret that was cut off the rest is not told either', async (t) => {
  const text = 'correct-horse-battery-staple-and-more';
  const redactor = createRedactor();
  redactor.learn([secret('key', text), secret('other', 'another-secret-altogether')]);
  const stderrOf = (stderr: string) => {
    const fault = { code: 'command', message: 'it failed', command: { shown: 'x', status: 1, stderr } };
    return redactor.event({
      type: 'task.ended',
      host: 'a',
      task: 1,
      name: 'it',
      title: 'it',
      status: 'failed',
      seconds: 0,
      fault,
    }).fault?.command?.stderr;
  };
  for (let cut = 1; cut <= text.length - 8; cut += 1) {
    t.equal(stderrOf(`${text.slice(cut)} was wrong`), '<key> was wrong');
    t.equal(stderrOf(`it was ${text.slice(0, text.length - cut)}`), 'it was <key>');
  }
  t.equal(stderrOf('what correct-horses do'), 'what correct-horses do');
});

t.test('what the operator is asked has no secret in it, and keeps its names', async (t) => {
  const redactor = createRedactor();
  redactor.learn([secret('id', 'policy-one'), secret('key', 'hush-hush')]);
  const form = {
    title: 'enter hush-hush',
    checklist: [{ title: 'hush-hush', lines: ['it is hush-hush'] }],
    questions: [{ name: 'policy-one', text: 'is it hush-hush?', kind: 'text', answer: 'hush-hush' }],
    variable: 'policy-one',
    problem: 'hush-hush is wrong',
  } as const;
  t.same(redactor.form(form), {
    title: 'enter <key>',
    checklist: [{ title: '<key>', lines: ['it is <key>'] }],
    questions: [{ name: 'policy-one', text: 'is it <key>?', kind: 'text', answer: '<key>' }],
    variable: 'policy-one',
    problem: '<key> is wrong',
  });
});
