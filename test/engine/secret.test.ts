import { inspect } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { redactedError } from '../../lib/cli/redacted-error.ts';
import { messageOf } from '../../lib/errors.ts';
import { faultOf } from '../../lib/fault.ts';
import { exec, fact, Secret, secret, secretText, sh, show, task, unknown } from '../../lib/index.ts';
import { LateSecret } from '../../lib/inventory/late-secret.ts';
import { sourceText } from '../../lib/inventory/place.ts';
import { readAnswer } from '../../lib/read-answer.ts';
import { createRedactor } from '../../lib/redact.ts';
import { isRead, reveal } from '../../lib/secret.ts';
import { secretsIn } from '../../lib/secrets-in.ts';
import { createMemoryTransport } from '../../lib/transport/memory.ts';
import { onHosts } from '../tasks/rig.ts';

const password = secret('database password', 'hush-hush');
/** As code without types has it. */
const untyped: string = password as never;

/** One that is read later, from nowhere. */
function late(label: string): LateSecret {
  const place = { source: sourceText('hosts.yml', ''), offset: 0 };
  return new LateSecret(label, { source: { from: 'env', name: 'X' }, folder: '/', place, shown: label });
}

t.test('a secret prints as its label', async (t) => {
  t.equal(show(password), '<database password>');
  t.equal(inspect({ password }), '{ password: <database password> }');
  t.equal(JSON.stringify({ password }), '{"password":"<database password>"}');
  t.equal(password.label, 'database password');
});

t.test('a secret is refused where a text is made of it', async (t) => {
  const refusal = {
    code: 'playbook',
    message: 'the secret <database password> cannot be put into a plain text',
    hint: /^secretText`password=/,
  };
  const ways: Record<string, () => unknown> = {
    'a template': () => `password=${untyped}`,
    'a plus': () => 'password='.concat(untyped),
    'its other side': () => untyped + 'x'.repeat(2),
    String: () => String(untyped),
    toString: () => password.toString(),
    'a list': () => ['a', untyped].join(','),
    'the text of an error': () => new Error(untyped),
    'a URL': () => encodeURIComponent(untyped),
    'the name of a property': () => ({ [untyped]: 1 }),
    'a number': () => Number(untyped),
    'a comparison': () => untyped > 'a',
  };
  for (const [name, way] of Object.entries(ways)) t.throws(way, refusal, name);
  t.throws(() => sh`login ${untyped}`, {
    message: 'the secret <database password> cannot be put into a command',
  });
});

t.test('a task that makes a text of a secret fails before anything is sent, and says why', async (t) => {
  const { connect, asked } = createMemoryTransport({ hosts: { a: { exec: () => '' } } });
  const targets = [{ name: 'a', connection: 'ssh', address: 'a' }] as const;
  const careless = task('careless', {
    title: (_a: object) => 'careless',
    fact: () => fact({ key: ['x'], read: async () => '' }),
    want: () => `password=${untyped}`,
    steps: (_now, want) => [exec(sh`echo ${want}`)],
  });
  const { error, events, statuses } = await onHosts({ targets, become: false, connect }, async ([host]) =>
    host.run(careless({})),
  );
  t.match(error, { code: 'playbook' });
  t.same(statuses, ['failed']);
  t.match(JSON.stringify(events), /the secret <database password> cannot be put into a plain text/);
  t.same(asked, []);
});

t.test('a secret that is thrown, or given for an answer, is told by its label', async (t) => {
  t.equal(messageOf(password), '<database password>');
  t.match(faultOf(Object.assign(new Error(''), { message: password })), { message: '<database password>' });
  t.match(faultOf(new Error('it failed', { cause: password })), { causes: ['<database password>'] });
  t.same(readAnswer('confirm', password), { wrong: 'yes or no is wanted' });
});

t.test('an error may lead back to itself, and be one that cannot be changed', async (t) => {
  const redactor = createRedactor();
  redactor.learn(password);
  const error = new TypeError('outside: hush-hush');
  const inside = new Error('inside', { cause: error });
  error.cause = inside;
  t.match(faultOf(error), { message: 'outside: hush-hush', causes: ['inside'] });
  t.equal(faultOf(Object.assign(error, { cause: error })).causes, undefined, 'it is its own cause');
  error.cause = inside;
  t.equal(redactedError(error, redactor), error);
  t.match(error, { message: 'outside: <database password>', cause: { message: 'inside' } });
  t.equal(inside.cause, error);

  for (const seal of [Object.freeze, Object.seal, Object.preventExtensions]) {
    const fixed = seal(Object.assign(new TypeError('hush-hush'), { code: 'E', cause: inside }));
    const told = redactedError(fixed, redactor);
    t.ok(told instanceof TypeError);
    t.match(told, { message: '<database password>', code: 'E', cause: inside });
    t.notMatch((told as Error).stack, 'hush-hush');
  }
  const cycle: { text: string; self?: unknown } = { text: 'hush-hush' };
  cycle.self = cycle;
  const told = redactedError(cycle, redactor) as typeof cycle;
  t.equal(told.text, '<database password>');
  t.equal(told.self, told);
});

t.test('what a schema says of a secret has the name of its class', async (t) => {
  t.match(z.string().safeParse(password).error?.message, /received Secret/);
  t.match(z.instanceof(Secret).safeParse('hush').error?.message, /expected Secret|Secret/);
  t.equal(z.instanceof(Secret).parse(password), password);
});

t.test('a text with secrets in it is a secret', async (t) => {
  const token = secret('api token', 'tok-en-1234');
  const text = secretText`user=app
port=${5432}
password=${password}
token=${token} ${'and so on'}
`;
  t.equal(reveal(text), 'user=app\nport=5432\npassword=hush-hush\ntoken=tok-en-1234 and so on\n');
  t.equal(show(text), '<text with database password, api token>');
  t.ok(text instanceof Secret);
  t.throws(() => `${text as never}`, { code: 'playbook' });

  t.equal(show(secretText`${password}${password}`), '<text with database password>', 'each label once');
  const many = ['a', 'b', 'c', 'd', 'e'].map((name) => secret(name, `text of ${name}`));
  const [a, b, c, d, e] = many as [Secret, Secret, Secret, Secret, Secret];
  t.equal(show(secretText`${a}${b}${c}${d}${e}`), '<text with a, b, c and 2 more>');
  t.equal(show(secretText`nothing of it`), '<secret text>');

  const nested = secretText`[${text}] ${a}`;
  t.equal(reveal(nested), `[${reveal(text)}] text of a`);
  t.equal(show(nested), '<text with database password, api token, a>', 'called after what is in it');
});

t.test('a text is read when all that is in it is', async (t) => {
  const one = late('one');
  const other = late('other');
  const text = secretText`${one}:${other}`;
  t.same(secretsIn([text]), [text, one, other], 'what reads secrets finds those in it');
  const map = new Map<unknown, unknown>([['pw', one]]);
  map.set(map, new Set([other]));
  t.same(secretsIn({ map }), [one, other], 'and those in maps and sets');
  LateSecret.fill(one, 'first');
  t.equal(isRead(text), false);
  t.throws(() => reveal(text), { code: 'bug', message: /<text with one, other> is used before it was read/ });
  LateSecret.fill(other, 'second');
  t.equal(reveal(text), 'first:second');
});

t.test('what is in a text is found by itself, and the lines around it are no secret', async (t) => {
  const redactor = createRedactor();
  redactor.learn([secretText`# written by the administrators of the database\npassword=${password}\n`]);
  const told = redactor.text(
    '# written by the administrators of the database; hush-hush; the whole line: password=hush-hush.',
  );
  t.equal(
    told,
    '# written by the administrators of the database; <database password>; the whole line: <text with database password>.',
  );
});

t.test('what is no text, number or secret cannot be put into a secret text', async (t) => {
  const any = (value: unknown) => value as string;
  t.throws(() => secretText`id=${any(unknown('id of node ha2'))}`, {
    code: 'playbook',
    message: 'id of node ha2 (known after apply) cannot be put into a secret text',
  });
  t.throws(() => secretText`list=${any(['a'])}`, { message: /^\["a"\] cannot be put/ });
  t.throws(() => secretText`nothing=${any(undefined)}`, { message: /^undefined cannot be put/ });
});
