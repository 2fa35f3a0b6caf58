import t from 'tap';
import { z } from 'zod';
import { bind } from '../../lib/bind.ts';
import { isBelowSecret } from '../../lib/inventory/below-secret.ts';
import { checkVars } from '../../lib/inventory/check-vars.ts';
import { readExtraVars } from '../../lib/inventory/extra-vars.ts';
import { hideSecrets } from '../../lib/inventory/hide-secrets.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { renderFaults } from '../../lib/inventory/render-faults.ts';
import { looksSecret, looksSecretValue } from '../../lib/looks-secret.ts';
import { playbook } from '../../lib/playbook.ts';
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

t.test('a template, or what is encrypted and not marked so, reaches no schema that reads it', async (t) => {
  const cwd = t.testdir({
    'hosts.yml': `all:
  vars:
    unread: "{{ nobody }}"
    motd: "hello {{ inventory_hostname }}"
    list: [{ deep: "{% if x %}" }, "{{ second }}"]
    format: !unsafe "{{.Names}}"
    key: |
      $ANSIBLE_VAULT;1.1;AES256
      3132
    number: "{{ 1 }}"
  hosts:
    a:
`,
  });
  const { inventory, faults, warnings } = await loadInventory(['hosts.yml'], {
    cwd,
    importModule: async () => ({}),
  });
  t.strictSame(faults, []);
  t.match(warnings, [/^hosts.yml:3:13: "unread" holds a template/, /"key" is encrypted with ansible-vault/]);
  const text = async (schema: Schema, more: Readonly<Record<string, unknown>> = {}) => {
    const host = inventory.hosts[0];
    if (host === undefined) throw new Error('no host');
    const origin = (path: readonly PropertyKey[]) =>
      String(path[0]) in more ? undefined : host.origin(path);
    const checked = await checkVars(schema, { ...host.vars, ...more }, origin, 'host a');
    return 'faults' in checked ? renderFaults(checked.faults) : checked.value;
  };
  t.strictSame(await text(z.object({ format: z.string() })), { format: '{{.Names}}' }, 'it is meant so');
  t.equal(
    await text(z.object({ motd: z.string() })),
    `hosts.yml:4:11: host a: motd holds a template, and templates are not evaluated
  4 |     motd: "hello {{ inventory_hostname }}"
    |           ^
  write the value itself, give it with -e, or compute the inventory in a module: -i hosts.ts

1 fault in the input`,
  );
  const list = z.object({ list: z.array(z.unknown()) });
  t.match(await text(list), /5:20: host a: list\[0\]\.deep holds.*5:36: host a: list\[1\] holds/s);
  t.match(await text(z.object({ key: z.string() })), /7:10: host a: key is encrypted with ansible-vault/);
  t.match(await text(z.object({ number: z.number() })), /got "{{ 1 }}"\n.*give it with -e/s);
  const given = { motd: '{{ as it is }}' };
  t.strictSame(await text(z.object({ motd: z.string() }), given), given, 'what -e says is meant so');
});

t.test('what stands below a name that looks secret', async (t) => {
  const isBelow = (text: string) => {
    const [line = '', ...above] = text.split('\n').reverse();
    return isBelowSecret(line, above);
  };
  for (const text of [
    'ansible_password:\n  hunter2',
    'ansible_password:\nhunter2: x',
    'ansible_password: # of all\n\n  # changed in spring\n  hunter2: x: y',
    'a:\n  db_password: !late &one |-\n    first\n    hunter2',
    'tokens:\n- name: a\n  value: hunter2',
    'tokens:\n  - deep:\n      - hunter2',
    '"dbPassword" :\n  - hunter2',
    'web: { host: x, password:\n  hunter2, y }',
    'password: one\n  hunter2: x',
  ])
    t.ok(isBelow(text), text);
  for (const text of [
    'ansible_password: a\nport: x',
    'password:\n  a\nlist:\n  b: c: d',
    'tokens:\n  - a\nports:\n  - b',
    'password_file:\n  /run/x',
    'a: b\nc: d',
    'x',
    `${'- a\n'.repeat(5)}- b`,
  ])
    t.notOk(isBelow(text), text);
  t.notOk(isBelow(`${'a'.repeat(1_000_000)}\nx`), 'in no long time');
  const cwd = t.testdir({ 'hosts.yml': 'all:\n  vars:\n    ansible_password:\n      hunter2: x: y\n' });
  const { faults } = await loadInventory(['hosts.yml'], { cwd, importModule: async () => ({}) });
  t.match(renderFaults(faults), /hosts.yml:4:.*not valid YAML.*\n {2}4 \| +<hidden>/, 'a fault there');
  t.notMatch(JSON.stringify(faults), 'hunter2');
});

t.test('what looks secret', async (t) => {
  const secrets = [
    'password passwd passphrase pwd secret token credentials api_key apiKey APIKEY db_pass dbPassword',
    'MYSQL_PWD AWS_SECRET_ACCESS_KEY ssh-private-key accessToken rootpassword ansible_become_pass',
  ];
  for (const name of secrets.join(' ').split(' ')) t.ok(looksSecret(name), name);
  const harmless =
    'compass bypass passenger tokenizer_path secretary POSTGRES_PASSWORD_FILE keyFile ssh_private_key_file monkey user';
  for (const name of harmless.split(' ')) t.notOk(looksSecret(name), name);
  t.ok(looksSecretValue('postgres://me:hunter2@db:5432/x'));
  for (const value of ['https://example.org:8080/a@b', 'ssh://me@host', 'a:b@c'])
    t.notOk(looksSecretValue(value), value);
  t.equal(
    hideSecrets('a: { url: amqp://me:hunter2@mq/, db_pass: hunter2 }'),
    'a: { url: amqp://me:<hidden>@mq/, db_pass: <hidden>',
  );
  t.equal(hideSecrets('password_file: /run/pw'), 'password_file: /run/pw');
  t.ok(hideSecrets('a'.repeat(1_000_000)).length, 'in no long time');
  const url = z.object({ url: z.number() });
  const checked = await checkVars(url, { url: 'amqp://me:hunter2@mq/' }, () => undefined, 'x');
  t.notMatch(JSON.stringify(checked), 'hunter2');
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
    'host x: vault is a secret, <v>: bad',
    `host x: long: long; got "${'x'.repeat(59)}…`,
  ]);
  const fails = own(() => {
    throw new Error('oops');
  });
  t.match(await checkVars(fails, {}, nowhere, 'host x'), {
    faults: [{ message: 'host x: the schema itself failed: oops' }],
  });
});

t.test('what a schema quotes of variables has no value in it that is named like a secret', async (t) => {
  const vars = {
    db_password: 'hunter2 "plain"',
    api_key: 84731925,
    nested: { token: { list: ['deep-one'] } },
    url: 'amqp://me:pass-word@mq/',
    port: 8080,
  };
  const quoting = JSON.stringify(vars);
  const hidden =
    '{"db_password":"<hidden>","api_key":<hidden>,"nested":{"token":{"list":["<hidden>"]}},"url":"<hidden>","port":8080}';
  const nowhere = () => undefined;
  const messages = async (schema: Schema) => {
    const checked = await checkVars(schema, vars, nowhere, 'host x');
    return 'faults' in checked && checked.faults.map(({ message }) => message);
  };
  const refused = z.looseObject({}).refine(() => false, { error: () => `bad ${quoting}` });
  t.strictSame(await messages(refused), [`host x: bad ${hidden}`]);
  const other = z
    .looseObject({})
    .refine(() => false, { path: ['port'], error: () => `not beside ${quoting}` });
  t.strictSame(await messages(other), [`host x: port: not beside ${hidden}; got 8080`]);
  const fails = z.looseObject({ db_password: z.string() }).transform(({ db_password }) => {
    throw new Error(`cannot read ${db_password}`);
  });
  t.strictSame(await messages(fails), ['host x: the schema itself failed: cannot read <hidden>']);

  const cwd = t.testdir({ 'hosts.yml': 'all:\n  hosts:\n    x:\n      db_password: hunter2plain\n' });
  const { inventory } = await loadInventory(['hosts.yml'], { cwd, importModule: async () => ({}) });
  const site = playbook({ name: 'Site', groups: { all: fails } }, async () => {});
  for (const extra of [{}, { db_password: 'hunter3plain' }]) {
    await t.rejects(bind(site, inventory, { vars: extra, origin: () => undefined }), {
      code: 'inventory',
      faults: [
        {
          message: 'host x: the schema itself failed: cannot read <hidden>',
          position: { file: 'hosts.yml', line: 3 },
        },
      ],
    });
  }
});

t.test('-e: pairs, JSON, files; later ones win', async (t) => {
  const files: Readonly<Record<string, string>> = {
    'v.yml': 'a: 1\nlist:\n  - x\n  - {deep: 2}\n',
    'v.json': '{"a": [1]}',
    'list.yml': '- 1',
  };
  const readFile = async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return { text, folder: '.' };
  };
  const vars = async (...args: string[]) => (await readExtraVars(args, '.', readFile)).vars;
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

  const { origin } = await readExtraVars(['a=1 token=hunter2', '@v.yml'], '.', readFile);
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
    const { faults } = await readExtraVars(['ok=1', arg], '.', readFile);
    t.equal(faults.length, 1, arg);
    t.match(faults[0], { message: fault, position: { line: 1 }, ...(hint && { hint }) }, arg);
  }
});
