import t from 'tap';
import { changeDigest, commandDigest } from '../../lib/change-digest.ts';
import { inputDigests } from '../../lib/plan/input-digests.ts';
import type { KeptPlan } from '../../lib/plan/kept-plan.ts';
import { openPlan, sealPlan } from '../../lib/plan/seal-plan.ts';
import { secret } from '../../lib/secret.ts';
import { sh } from '../../lib/sh.ts';
import { docker, exec } from '../../lib/step.ts';
import { unknown } from '../../lib/unknown.ts';
import { seededRandom } from '../seeded-random.ts';

const key = Buffer.alloc(32, 7);
const digest = changeDigest(key);

t.test('a digest tells changes apart, by their secrets too', async (t) => {
  const base = digest(
    { mode: '0644', text: secret('key', 'one') },
    { mode: '0600', text: secret('key', 'two') },
  );
  t.match(base, /^[0-9a-f]{64}$/);
  t.equal(
    base,
    digest({ text: secret('k', 'one'), mode: '0644' }, { mode: '0600', text: secret('other name', 'two') }),
  );
  const others = [
    digest({ mode: '0644', text: secret('key', 'one') }, { mode: '0600', text: secret('key', 'three') }),
    digest({ mode: '0644', text: secret('key', 'zero') }, { mode: '0600', text: secret('key', 'two') }),
    digest({ mode: '0644', text: 'one' }, { mode: '0600', text: 'two' }),
    changeDigest(Buffer.alloc(32, 8))(
      { mode: '0644', text: secret('key', 'one') },
      { mode: '0600', text: secret('key', 'two') },
    ),
  ];
  t.equal(new Set([base, ...others]).size, 5);
});

t.test('what is not known yet is the same each time, and what stays is not in it', async (t) => {
  t.equal(digest({ id: 1 }, { id: unknown('id') }), digest({ id: 1 }, { id: unknown('id of another kind') }));
  t.equal(digest({ a: 1, b: 1 }, { a: 2, b: 1 }), digest({ a: 1, b: 9 }, { a: 2, b: 9 }));
  t.equal(
    digest({ nodes: [{ version: 1 }] }, {}),
    digest({ nodes: [{ version: 2 }] }, {}),
    'a whole that goes',
  );
  t.not(digest({ id: 'x' }, {}), digest({ id: 'y' }, {}));
  t.not(
    digest({ sha256: secret('checksum', 'x') }, {}),
    digest({ sha256: secret('checksum', 'y') }, {}),
    'a secret that goes is no whole',
  );
});

t.test('commands are told apart by their text and by what they read, secrets too', async (t) => {
  const of = commandDigest(key);
  const load = sh`load`;
  const each = [
    [exec(load)],
    [exec(load), exec(load)],
    [exec(sh`load\nall`)],
    [exec(load, { stdin: 'one' })],
    [exec(load, { stdin: secret('key', 'one') })],
    [exec(load, { stdin: secret('key', 'two') })],
    [exec(load, { stdin: { from: 'secret', secret: secret('key', 'two') } })],
    [exec(load, { stdin: { from: 'control', path: '/a', sha256: '1' } })],
    [exec(load, { stdin: { from: 'control', path: '/a', sha256: '2' } })],
  ].map(of);
  t.equal(new Set(each).size, each.length);
  t.notMatch(JSON.stringify(each), 'load');
  const call = (version: number) => docker('POST', `/nodes/a/update?version=${version}`, { title: 'it' });
  t.equal(of([call(1)]), undefined, 'no command');
  t.equal(of([call(1), exec(load)]), of([call(2), exec(load, { title: 'in other words' })]));
});

t.test('the input: whatever is in another order is the same, any other value is not', async (t) => {
  const of = (vars: unknown) => inputDigests({ vars, hosts: new Map([['a', vars]]), order: vars }, key);
  t.same(of({ a: 1, b: { c: secret('s', 'x') } }), of({ b: { c: secret('s', 'x') }, a: 1 }));
  t.not(of({ a: 1 }).vars, of({ a: '1' }).vars);
  t.not(of({ a: secret('s', 'x') }).vars, of({ a: secret('s', 'y') }).vars);
  t.not(of({ a: [1, 2] }).hosts.a, of({ a: [2, 1] }).hosts.a);
  t.not(of([['all', ['a', 'b']]]).order, of([['all', ['b', 'a']]]).order);
});

const plan: KeptPlan = {
  format: 1,
  dabook: '1.0.0',
  madeAt: '2026-01-01T00:00:00.000Z',
  playbook: { name: 'It', file: 'it.ts', digest: 'd' },
  given: { inventory: ['hosts.yml'], extraVars: [] },
  input: { vars: 'v', hosts: { a: 'h' }, order: 'o' },
  outcome: 'ok',
  tasks: [
    {
      host: 'a',
      name: 'copyFile',
      title: 'copy "seal": "x"\n}\n\u2028',
      status: 'would-change',
      changes: [{ path: '', op: 'add', to: { text: ',\n  "seal": "0"\n}\n' } }],
      steps: [],
      digest: 'd',
    },
  ],
};

t.test('a sealed plan is JSON, and comes back as it was', async (t) => {
  const text = sealPlan(plan, key);
  t.match(JSON.parse(text), plan);
  t.same(openPlan(text, key, 'it.plan', '1.0.0'), plan);
  t.throws(() => openPlan(text, key, 'it.plan', '1.0.1'), {
    code: 'usage',
    message: /it.plan was made by dabook 1.0.0, and this is 1.0.1/,
  });
  t.throws(() => openPlan(text, Buffer.alloc(32, 8), 'it.plan', '1.0.0'), {
    message: /seal of it.plan is not right/,
  });
});

t.test('any change of any byte is noticed', async (t) => {
  const bytes = Buffer.from(sealPlan(plan, key));
  const random = seededRandom(1);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const other = Buffer.from(bytes);
    const at = Math.floor(random() * other.length);
    other[at] = ((other[at] ?? 0) + 1 + Math.floor(random() * 254)) % 256;
    const cut = random() < 0.2 ? other.subarray(0, at) : other;
    const text = cut.toString();
    try {
      openPlan(text, key, 'it.plan', '1.0.0');
    } catch (error) {
      if ((error as { code?: string }).code === 'usage') refused += 1;
    }
  }
  t.equal(refused, 3000);
});
