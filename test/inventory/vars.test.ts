import t from 'tap';
import { z } from 'zod';
import { checkVars } from '../../lib/inventory/check-vars.ts';
import { readExtraVars } from '../../lib/inventory/extra-vars.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { renderFaults } from '../../lib/inventory/render-faults.ts';
import type { Schema } from '../../lib/schema.ts';
import { secret } from '../../lib/secret.ts';

const Node = z.object({ ip: z.ipv4(), services: z.array(z.string()), tier: z.enum(['a', 'b']).default('a') });

t.test("a host's variables against a schema: typed, or faults with their lines", async (t) => {
  const cwd = t.testdir({
    'hosts.yml': `all:
  vars: { services: [policy, 5] }
  hosts:
    good: { ip: 192.0.2.1, services: [] }
    bad: { Ip: 192.0.2.1, tier: c }
    other: { ip: 192.0.2.1, services: [], db_password: 12 }
`,
  });
  const { inventory } = await loadInventory(['hosts.yml'], { cwd, importModule: async () => ({}) });
  const check = (name: string, schema: Schema) => {
    const host = inventory.hosts.find((each) => each.name === name);
    if (host === undefined) throw new Error(name);
    return checkVars(schema, host.vars, host.origin, `host ${name}`);
  };
  t.strictSame(await check('good', Node), { value: { ip: '192.0.2.1', services: [], tier: 'a' } });
  const bad = await check('bad', Node);
  t.equal(
    renderFaults('faults' in bad ? bad.faults : []),
    `hosts.yml:2:30: host bad: services[1]: Invalid input: expected string, received number; got 5
  2 |   vars: { services: [policy, 5] }
    |                              ^

hosts.yml:5:5: host bad: ip is missing: Invalid input: expected string, received undefined
  5 |     bad: { Ip: 192.0.2.1, tier: c }
    |     ^
  did you mean Ip?

hosts.yml:5:33: host bad: tier: Invalid option: expected one of "a"|"b"; got "c"
  5 |     bad: { Ip: 192.0.2.1, tier: c }
    |                                 ^

3 faults in the input`,
  );
  const hidden = await check('other', z.object({ db_password: z.string() }));
  t.match(hidden, {
    faults: [
      {
        message: /expected string, received number; got <hidden>$/,
        position: { text: /db_password: <hidden>$/ },
      },
    ],
  });
});

t.test('any Standard Schema; what it throws is a fault; no secret is told', async (t) => {
  const nowhere = () => undefined;
  const own = (validate: Schema['~standard']['validate']): Schema => ({
    '~standard': { version: 1, vendor: 'own', validate },
  });
  t.strictSame(
    await checkVars(
      own(async (value) => ({ value: [value] })),
      1,
      nowhere,
      'x',
    ),
    { value: [1] },
  );
  const issues = [
    { message: 'bad', path: [{ key: 'a' }, 0, 'b'] },
    { message: 'the whole is bad' },
    { message: 'was hunter2', path: ['token'] },
    { message: 'bad', path: ['vault'] },
    { message: 'long', path: ['long'] },
  ];
  const value = {
    a: [{ b: { c: secret('key of x', 'hunter2'), password: 'hunter2' } }],
    token: 'hunter2',
    vault: secret('v', 'hunter2'),
    long: 'x'.repeat(99),
  };
  const checked = await checkVars(
    own(() => ({ issues })),
    value,
    nowhere,
    'host x',
  );
  t.strictSame('faults' in checked && checked.faults.map(({ message }) => message), [
    'host x: a[0].b: bad; got {"c":"<key of x>","password":"<hidden>"}',
    'host x: the whole is bad',
    'host x: token: was <hidden>; got <hidden>',
    'host x: vault: bad; got "<v>"',
    `host x: long: long; got "${'x'.repeat(59)}…`,
  ]);
  const fails = own(() => {
    throw new Error('oops');
  });
  t.match(await checkVars(fails, {}, nowhere, 'host x'), {
    faults: [{ message: 'host x: the schema itself failed: oops' }],
  });
});

t.test('-e: pairs, JSON, files; later ones win', async (t) => {
  const files: Readonly<Record<string, string>> = {
    'v.yml': 'a: 1\nlist:\n  - x\n  - {deep: 2}\n',
    'v.json': '{"a": [1]}',
    'list.yml': '- 1',
  };
  const readFile = async (path: string): Promise<string> => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return text;
  };
  const vars = async (...args: string[]) => (await readExtraVars(args, readFile)).vars;
  t.strictSame(await vars('a=1'), { a: '1' }, 'values stay strings');
  t.strictSame(await vars('a=1 b=two\tc= d=x=y', 'a=3'), { a: '3', b: 'two', c: '', d: 'x=y' });
  t.strictSame(await vars(`a="two words" b='it "is"' c=x"y z"w`), {
    a: 'two words',
    b: 'it "is"',
    c: 'x"y z"w',
  });
  t.strictSame(await vars('a="line\\nbreak" b=\\x41\\u00e9 c=\\d'), { a: 'line\nbreak', b: 'Aé', c: '\\d' });
  t.strictSame(await vars('a={"x": [1, 2]} b=[true] c={not-json}'), {
    a: { x: [1, 2] },
    b: [true],
    c: '{not-json}',
  });
  t.strictSame(await vars('{"a": {"b": 1}, "c": null}', '{d: yaml too}'), {
    a: { b: 1 },
    c: null,
    d: 'yaml too',
  });
  t.strictSame(await vars('@v.yml', 'b=1', '@v.json'), { a: [1], list: ['x', { deep: 2 }], b: '1' });
  t.strictSame(await vars(), {});

  const { origin } = await readExtraVars(['a=1 token=hunter2', '@v.yml'], readFile);
  t.match(origin(['list', 1, 'deep']), { file: 'v.yml', line: 4, column: 12, text: '  - {deep: 2}' });
  t.match(origin(['token']), { file: '-e (1)', line: 1, column: 5, text: 'a=1 token=<hidden>' });
  t.equal(origin(['nothing']), undefined);

  const wrong: readonly [arg: string, fault: RegExp, hint?: RegExp][] = [
    ['ab', /"ab" is not of the form name=value/],
    ['=x', /"=x" is not of the form/],
    ['vars.yml', /is not of the form/, /-e @vars.yml/],
    ['a="open', /" is not closed/],
    ['a={"x": 1', /\{ is not closed/],
    ['[1]', /mapping of names/],
    ['{"a": ', /not valid YAML/],
    ['@gone.yml', /"gone.yml" cannot be read: no file/],
    ['@list.yml', /mapping of names/],
  ];
  for (const [arg, fault, hint] of wrong) {
    const { faults } = await readExtraVars(['ok=1', arg], readFile);
    t.equal(faults.length, 1, arg);
    t.match(faults[0], { message: fault, position: { line: 1 }, ...(hint && { hint }) }, arg);
  }
});
