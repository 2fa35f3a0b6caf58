import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { DabookError } from '../../lib/errors.ts';
import { checkVars } from '../../lib/inventory/check-vars.ts';
import { readExtraVars } from '../../lib/inventory/extra-vars.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { readSecrets } from '../../lib/inventory/read-secrets.ts';
import { renderFaults } from '../../lib/inventory/render-faults.ts';
import { showList } from '../../lib/inventory/show-list.ts';
import { isRead, reveal, Secret, secret } from '../../lib/secret.ts';
import type { Keys } from '../../lib/secrets/keys.ts';
import { secretsIn } from '../../lib/secrets-in.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary, canaryInVariable } from '../canary/canary.ts';
import { sealVault } from '../secrets/seal-vault.ts';
import { checkBothWays } from './both-ways.ts';

const none = () => {
  throw new DabookError('inventory', 'there is no key', { hint: 'give one' });
};
const vaultPassword = canary('vault password');
const noKeys: Keys = { vaultPasswords: none, identities: none, passphrase: none };
const keys: Keys = { ...noKeys, vaultPasswords: async () => [secret('vault password', vaultPassword)] };
const [inline, vaulted] = [canary('inline value'), canary('vaulted value')];
const vaultFile = sealVault(`vaulted:\n  a: ${vaulted}\n  n: 0042\n  yes: true\n`, vaultPassword);
const indented = sealVault(inline, vaultPassword).replaceAll(/^/gm, '        ').trimEnd();

/** Writes files into the test's own folder, and loads an inventory of them. */
async function load(t: Test, files: Readonly<Record<string, string>>, opening: Keys | undefined = noKeys) {
  const cwd = t.testdir({});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text, { mode: 0o600 });
    if (/\.ya?ml$/.test(name)) checkBothWays(text);
  }
  const importModule = () => Promise.reject(new Error('not asked for'));
  const loaded = await loadInventory(['hosts.yml'], { cwd, importModule, keys: opening });
  const host = (name: string) => {
    const found = loaded.inventory.hosts.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  return { ...loaded, cwd, host };
}

const textsIn = (value: unknown) => secretsIn(value).map((each) => (isRead(each) ? reveal(each) : undefined));

t.test('tags name secrets, however nested, and nothing is read before it is asked for', async (t) => {
  const [two, three] = ['two', 'three'].map(canary);
  const first = canaryInVariable('ONE');
  mayHold(`${two} ${three}`, /\/files\/(two|three)\.txt$/);
  const { host, faults, warnings, cwd, inventory } = await load(t, {
    'hosts.yml': `all:
  vars:
    plain: [ !env ONE, { deep: !file files/two.txt } ]
    three: !exec sh -c 'echo run >> log; cat files/three.txt'
    inline: !vault |
${indented}
    shared: &shared { key: !env ONE }
  hosts:
    a: { again: *shared, ansible_password: !env ONE, ansible_become_pass: !file "files/two.txt" }
    b: { three: !exec sh -c 'echo run >> log; cat files/three.txt', gone: !env GONE }
`,
    'files/two.txt': `${two}\n\n`,
    'files/three.txt': `${three}\n`,
  });
  t.strictSame([faults, warnings], [[], []]);
  const held = inventory.hosts.map(({ vars, target }) => [vars, target]);
  t.ok(textsIn(held).length > 5);
  t.ok(textsIn(held).every((text) => text === undefined));
  const shown = showList(inventory);
  for (const label of [
    '<env ONE>',
    '<file files/two.txt>',
    '<exec sh -c',
    '<vault hosts.yml:5>',
    '<env GONE>',
  ]) {
    t.match(shown, label);
  }
  t.throws(() => readFileSync(join(cwd, 'log')), 'no command was run');

  const access = { env: { PATH: process.env.PATH, ONE: first }, keys };
  const [a, b] = [host('a'), host('b')];
  t.strictSame(await readSecrets([a.vars, a.target, { three: b.vars.three }], access), {
    faults: [],
    warnings: [],
  });
  t.strictSame(textsIn(a.vars.plain), [first, `${two}\n`], 'one line break at the end is left out');
  t.strictSame(textsIn([a.vars.three, b.vars.three]), [three, three]);
  t.equal(readFileSync(join(cwd, 'log'), 'utf8'), 'run\n', 'for two hosts and two places it was run once');
  t.strictSame(textsIn([a.vars.inline, a.vars.again]), [inline, first]);
  t.strictSame(textsIn([a.target.password, a.target.becomePassword]), [first, `${two}\n`]);
  t.notOk(isRead(b.vars.gone as Secret), 'what nobody asked for stays unread');
  const told = showList(inventory);
  t.notOk([first, two, three, inline].some((text) => told.includes(text ?? '')));
});

t.test('what cannot be read is told all at once, each with its place', async (t) => {
  const unsaid = canary('unsaid');
  mayHold(unsaid, /\/unsaid$/);
  const { host, cwd } = await load(t, {
    'hosts.yml': `all:
  vars:
    db_password: !env DB_PASSWORD
    empty: !env EMPTY
    file: !file none.txt
    pipe: !file /dev/null
    hollow: !file hollow.txt
    binary: !file binary
    failing: !exec sh -c 'cat unsaid; echo locked >&2; exit 1'
    sealed: !vault |
${indented}
  hosts:
    a: { own: !env DB_PASSWORD }
`,
    'hollow.txt': '\n',
    unsaid,
    binary: '',
  });
  writeFileSync(join(cwd, 'binary'), Uint8Array.of(0xff, 0xfe));
  const wrong = { ...noKeys, vaultPasswords: async () => [secret('vault password', 'no')] };
  const { faults } = await readSecrets(host('a').vars, {
    env: { PATH: process.env.PATH, EMPTY: '' },
    keys: wrong,
  });
  const brief = faults
    .map(({ message, position }) => `${position?.file}:${position?.line}: ${message}`)
    .sort((x, y) => x.localeCompare(y, 'en', { numeric: true }));
  t.strictSame(brief, [
    'hosts.yml:3: env DB_PASSWORD: the variable is not set',
    'hosts.yml:4: env EMPTY: the variable is empty',
    'hosts.yml:5: file none.txt cannot be read: there is no such file',
    'hosts.yml:6: file /dev/null is no regular file',
    'hosts.yml:7: file hollow.txt gives nothing',
    'hosts.yml:8: file binary gives no text in UTF-8',
    `hosts.yml:9: exec sh -c 'cat unsaid; echo locked >&2; exit 1' ended with exit status 1: locked`,
    'hosts.yml:10: the vault password does not open this',
    `hosts.yml:${12 + indented.split('\n').length}: env DB_PASSWORD: the variable is not set`,
  ]);
  const text = renderFaults(faults);
  t.notMatch(text, unsaid);
  t.match(text, '3 |     db_password: !env DB_PASSWORD\n', 'a tagged line has no secret in it');
  t.match(text, 'export DB_PASSWORD=…');
});

t.test('a tag that names nothing is a fault of its file', async (t) => {
  const cases: readonly (readonly [yaml: string, fault: string])[] = [
    ['!env', '!env takes the name of an environment variable'],
    ['!env A-B', '!env takes the name of an environment variable'],
    ['!env [A]', '!env takes a single text'],
    ['!file', '!file takes the path of a file'],
    ['!exec', '!exec takes a command'],
    ['!exec "echo \'x"', '!exec has a quote that is not closed'],
    ['!vault 3132', '!vault holds nothing that ansible-vault encrypted: that begins with $ANSIBLE_VAULT;'],
    ['!secret x', 'the tag !secret is not understood'],
  ];
  for (const [value, fault] of cases) {
    const { faults } = await load(t, { 'hosts.yml': `all:\n  hosts:\n    a:\n      x: ${value}\n` });
    t.strictSame(
      faults.map(({ message, position }) => [message, position?.file, position?.line]),
      [[fault, 'hosts.yml', 4]],
    );
  }
});

t.test('a file that everybody may read is warned about', async (t) => {
  const { host, cwd } = await load(t, {
    'hosts.yml': 'all: { hosts: { a: { x: !file x.txt, home: !file ~/y.txt } } }',
    'x.txt': 'x',
    'home/y.txt': 'y',
  });
  chmodSync(join(cwd, 'x.txt'), 0o644);
  const { faults, warnings } = await readSecrets(host('a').vars, {
    env: {},
    keys: noKeys,
    home: join(cwd, 'home'),
  });
  t.strictSame(faults, []);
  t.strictSame(textsIn(host('a').vars), ['x', 'y']);
  t.match(warnings, [/^hosts\.yml:1:\d+: file x\.txt: everybody on this machine may read it/]);
  t.equal(warnings.length, 1);
});

t.test('of a file that is encrypted as a whole each value is a secret', async (t) => {
  const files = {
    'hosts.yml': 'all: { hosts: { a: } }',
    'group_vars/all/main.yml': 'plain: 1\n',
    'group_vars/all/vault.yml': vaultFile,
  };
  const { host, faults, warnings } = await load(t, files, keys);
  t.strictSame([faults, warnings], [[], []]);
  const { vars, origin } = host('a');
  t.equal(vars.plain, 1);
  t.strictSame(textsIn(vars), [vaulted, '0042', 'true'], 'as they are written');
  t.equal(
    JSON.stringify(vars.vaulted),
    '{"a":"<vault vaulted.a>","n":"<vault vaulted.n>","yes":"<vault vaulted.yes>"}',
  );
  t.match(origin(['vaulted', 'n']), { file: 'group_vars/all/vault.yml', line: 3, text: '' });
  const checked = await checkVars(z.object({ vaulted: z.object({ a: z.number() }) }), vars, origin, 'host a');
  const text = 'faults' in checked ? renderFaults(checked.faults) : '';
  t.match(text, /^group_vars\/all\/vault\.yml:2:6: host a: vaulted\.a is a secret, <vault vaulted\.a>: /);
  t.notMatch(text, vaulted);

  const locked = await load(t, files, noKeys);
  t.match(locked.faults, [
    { message: 'there is no key', position: { file: 'group_vars/all/vault.yml', line: 1 }, hint: 'give one' },
  ]);
  const cwd = t.testdir({ 'hosts.yml': files['hosts.yml'], group_vars: { all: vaultFile } });
  const importModule = () => Promise.reject(new Error('not asked for'));
  const listed = await loadInventory(['hosts.yml'], { cwd, importModule });
  t.strictSame(listed.faults, [], 'to list them no key is needed');
  t.strictSame(listed.warnings, ['group_vars/all is encrypted: its variables are not shown']);
});

t.test('settings that are shown take no secret', async (t) => {
  const { faults } = await load(t, {
    'hosts.yml':
      'all: { hosts: { a: { ansible_host: !env HOST, ansible_port: !env PORT, ansible_password: !env P } } }',
  });
  t.match(
    faults.map(({ message }) => message),
    [/^ansible_host takes no secret/, /^ansible_port takes no secret/],
  );
});

t.test('a schema takes a secret, or says that it does not', async (t) => {
  const { host } = await load(t, {
    'hosts.yml':
      'all:\n  hosts:\n    a:\n      one: !env ONE\n      pin: hunter2\n      list: [1, hunter2]\n',
  });
  const { vars, origin } = host('a');
  const check = async (schema: z.ZodType) => {
    const checked = await checkVars(schema, vars, origin, 'host a');
    return 'faults' in checked ? renderFaults(checked.faults) : checked.value;
  };
  const taken = z.instanceof(Secret);
  t.strictSame(await check(z.object({ one: taken })), { one: vars.one });
  const refused = await check(z.object({ one: z.string() }));
  t.match(refused, /^hosts\.yml:4:17: host a: one is a secret, <env ONE>: .*string/);
  t.match(refused, "z.instanceof(Secret), with Secret from 'dabook'");
  const wanted = await check(z.object({ pin: taken, list: z.array(z.union([z.number(), taken])) }));
  t.match(wanted, 'hosts.yml:5:12: host a: pin must be a secret\n  5 |       pin: <hidden>\n');
  t.match(wanted, 'hosts.yml:6:17: host a: list[1] must be a secret\n  6 |       list: [1, <hidden>\n');
  t.notMatch(wanted, 'hunter2');
  t.match(
    await check(z.object({ pin: z.number() })),
    'got "hunter2"',
    'where no secret is taken nothing is new',
  );
});

t.test('-e takes tags in YAML, and in files, encrypted or not', async (t) => {
  const files: Readonly<Record<string, { text: string; sealed?: 'vault' }>> = {
    'v.yml': { text: 'a: !file x.txt\n' },
    'sealed.yml': { text: 'b: 1\nc: !env C\nd: !exec echo d\n', sealed: 'vault' },
  };
  const open = async (path: string) => {
    const found = files[path];
    if (found === undefined) return none();
    return { ...found, folder: t.testdir({ 'x.txt': 'x' }) };
  };
  const given = ['@v.yml', '@sealed.yml', '{e: !env E, f: "!env F"}', 'g=!env'];
  const { vars, faults } = await readExtraVars(given, '/', open);
  t.strictSame(faults, []);
  await readSecrets(vars, { env: { C: 'c', E: 'e', PATH: process.env.PATH }, keys: noKeys });
  t.strictSame(textsIn(vars), ['x', '1', 'c', 'd', 'e']);
  t.match(JSON.stringify(vars.d), /^"<exec sealed\.yml:3>"$/, 'what stands in an encrypted file is no label');
  t.strictSame([vars.f, vars.g], ['!env F', '!env'], 'a text is a text');
  const { faults: wrong } = await readExtraVars(['@gone.yml'], '/', open);
  t.match(wrong, [{ message: /"gone\.yml" cannot be read: there is no key/, hint: 'give one' }]);
});

t.test('of an encrypted file that is no YAML nothing is quoted', async (t) => {
  const unsaid = canary('unsaid');
  const open = async () => ({
    text: `a: b: ${unsaid}\n  - "${unsaid}\n`,
    sealed: 'vault' as const,
    folder: '/',
  });
  const { faults } = await readExtraVars(['@v.yml'], '/', open);
  t.ok(faults.length > 0);
  t.match(faults[0]?.message, 'not valid YAML: ');
  t.notMatch(renderFaults(faults), unsaid);
});

t.test('of a password that reads as something else in YAML nothing is quoted', async (t) => {
  // no canary: a program that there is not is started by that name
  const word = 'hush7fQz';
  const told = async (line: string, sealed?: 'vault') => {
    const open = async () => ({ text: `${line}\n`, sealed, folder: '/' });
    const { vars, faults } = await readExtraVars(['@v.yml'], '/', open);
    const read = await readSecrets(vars, { env: { PATH: process.env.PATH }, keys });
    return renderFaults([...faults, ...read.faults]);
  };
  const values = [
    `*${word}`,
    `[ *${word} ]`,
    `!${word}`,
    `!a!${word}`,
    `{${word},${word}}`,
    `|${word}`,
    `!exec ${word} foo`,
    `!exec "echo\\0 ${word}"`,
    `!file /dev/null/${word}`,
    `!file "${word}\\0"`,
    `!file ${word.repeat(50)}`,
    `!vault $ANSIBLE_VAULT;${word}`,
  ];
  for (const value of values) {
    const text = await told(`key: ${value}`, 'vault');
    t.match(text, /^v\.yml:1:\d+: .*\n(?:.*\n)*1 fault in the input$/, value.slice(0, 20));
    t.notMatch(text, word, 'nothing of it');
  }
  for (const value of values.slice(0, 6)) {
    const text = await told(`ansible_password: ${value}`);
    t.match(text, '1 | ansible_password: <hidden>\n');
    t.notMatch(text, word, 'nor where a name says that it is a password');
  }
  t.match(await told('key: *gone'), '*gone has no anchor &gone that ends before it');
  t.match(await told('key: !gone'), 'the tag !gone is not understood');
});

t.test('what a program says that fails has no other secret in it, nor a part of one', async (t) => {
  const other = canary('other secret');
  mayHold(other, /\/other$/);
  const { host } = await load(t, {
    'hosts.yml': `all:
  vars:
    other: !file other
    whole: !exec sh -c 'cat other >&2; exit 1'
    cut: !exec sh -c 'cat other >&2; head -c 1985 /dev/zero | tr "\\000" x >&2; exit 1'
  hosts: { a: }
`,
    other,
  });
  const env = { PATH: process.env.PATH };
  const { faults } = await readSecrets(host('a').vars, { env, keys });
  t.match(
    faults.map(({ message }) => message),
    [/exit status 1: <file other>$/, /exit status 1: <file other>x+$/],
  );
  t.notMatch(renderFaults(faults), other.slice(-10));

  const sealed = { text: 'a: !exec sh -c "hush7fQz --entry"\n', sealed: 'vault' as const, folder: '/' };
  const { vars } = await readExtraVars(['@v.yml'], '/', async () => sealed);
  const read = await readSecrets(vars, { env, keys });
  t.match(read.faults, [{ message: /^exec v\.yml:1 ended with exit status 127: .*not found$/ }]);
  t.notMatch(renderFaults(read.faults), 'hush7fQz', 'nor what an encrypted file has in its command');
});

t.test('a single value of ansible-vault is a text, and not an empty one', async (t) => {
  const values = [Uint8Array.of(0xff, 0xfe, 0x61), '', '\n', `${vaulted}\n`].map((text) =>
    sealVault(text, vaultPassword).replaceAll(/^/gm, '        ').trimEnd(),
  );
  const { host } = await load(t, {
    'hosts.yml': `all:\n  hosts:\n    a:\n${values.map((text, index) => `      v${index}: !vault |\n${text}\n`).join('')}`,
  });
  const { vars } = host('a');
  const { faults } = await readSecrets(vars, { env: {}, keys });
  const told = faults.map(
    ({ message, position }) => `${message} ${position?.line === Number(message.match(/\d+/))}`,
  );
  t.match(told, [
    /^vault hosts\.yml:4 gives no text in UTF-8 true$/,
    /^vault hosts\.yml:\d+ gives nothing true$/,
    /^vault hosts\.yml:\d+ gives nothing true$/,
  ]);
  t.strictSame(
    textsIn(vars),
    [undefined, undefined, undefined, `${vaulted}\n`],
    'a line break is a part of it',
  );
});
