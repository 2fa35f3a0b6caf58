import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { armor, Encrypter } from 'age-encryption';
import t, { type Test } from 'tap';
import type { Io } from '../../lib/cli/io.ts';
import { editFile } from '../../lib/cli/secret-edit.ts';
import { encryptFiles } from '../../lib/cli/secret-encrypt.ts';
import { makeIdentity } from '../../lib/cli/secret-keygen.ts';
import { secretKeys } from '../../lib/cli/secret-keys.ts';
import type { SecretFlags } from '../../lib/cli/secret-options.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { reveal, type Secret } from '../../lib/secret.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';

/** What opens secrets for somebody with these files at home. */
function keysOf(
  t: Test,
  files: Readonly<Record<string, string>>,
  flags: SecretFlags,
  more: { env?: Readonly<Record<string, string>>; typed?: readonly string[] } = {},
) {
  const home = t.testdir(files);
  for (const name of Object.keys(files)) chmodSync(join(home, name), name.startsWith('run') ? 0o700 : 0o600);
  const { env = {}, typed } = more;
  const lines = [...(typed ?? [])];
  let asked = '';
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, setRawMode: () => {} });
  const stderr = new PassThrough().on('data', (text) => {
    asked += text;
    const line = String(text).endsWith(': ') ? lines.shift() : undefined;
    if (line !== undefined) setImmediate(() => stdin.write(line));
  });
  const io = { stdin, stderr, env: { PATH: process.env.PATH, HOME: home, ...env }, cwd: () => home };
  const keys = secretKeys(io as unknown as Io, flags);
  const texts = (given: Promise<readonly Secret[]>) =>
    given.then(
      (secrets) => secrets.map(reveal),
      (error: unknown) => `${codeOf(error)}: ${messageOf(error)}`,
    );
  return {
    home,
    keys,
    asked: () => asked,
    passwords: () => texts(keys.vaultPasswords()),
    identities: () => texts(keys.identities()),
  };
}

t.test('passwords of vaults: files, programs, the environment, and what is typed', async (t) => {
  const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map(canary);
  mayHold(`${first} ${second} ${third}`, /\/(one|run\.sh|env)$/);
  const files = {
    one: `  ${first}\n\n`,
    'run.sh': `#!/bin/sh\necho " ${second} $NAME"\n`,
    env: third ?? '',
  };
  const env = { NAME: 'name', ANSIBLE_VAULT_PASSWORD_FILE: '~/env' };
  const given = keysOf(t, files, { vaultPasswordFile: ['one', './run.sh'] }, { env });
  t.same(await given.passwords(), [first, ` ${second} name`], 'what is given wins over the environment');
  t.same(await keysOf(t, files, {}, { env }).passwords(), [third]);

  const typed = keysOf(
    t,
    files,
    { vaultPasswordFile: ['one'], askVaultPass: true },
    { typed: [`${fourth}\r`] },
  );
  t.same(await typed.passwords(), [first, fourth]);
  t.same(await typed.passwords(), [first, fourth]);
  t.equal(typed.asked(), 'vault password: \n', 'it is asked for once');
  t.match(
    await keysOf(t, files, { askVaultPass: true }, { typed: ['\u0003'] }).passwords(),
    /^interrupted: /,
  );

  t.match(await keysOf(t, files, {}).passwords(), /^inventory: .*no password is given for it$/);
  t.match(
    await keysOf(t, files, { vaultPasswordFile: ['none'] }).passwords(),
    /file none cannot be read: there is no such/,
  );
  t.match(
    await keysOf(t, { empty: ' \n' }, { vaultPasswordFile: ['empty'] }).passwords(),
    /file empty gives nothing$/,
  );
  const unsaid = canary('unsaid');
  mayHold(unsaid, /\/run\.sh$/);
  const failing = { 'run.sh': `#!/bin/sh\necho ${unsaid}; echo locked >&2; exit 1\n` };
  t.equal(
    await keysOf(t, failing, { vaultPasswordFile: ['run.sh'] }).passwords(),
    'inventory: the vault password file run.sh ended with exit status 1: locked',
  );
});

t.test('identities: files, the environment, the home folder, or none', async (t) => {
  const files = { a: '# mine\nAGE-SECRET-KEY-1A\n\n', b: 'AGE-SECRET-KEY-1B\r\nAGE-SECRET-KEY-1C\n' };
  t.same(await keysOf(t, files, { identity: ['a', 'b'] }).identities(), [
    'AGE-SECRET-KEY-1A',
    'AGE-SECRET-KEY-1B',
    'AGE-SECRET-KEY-1C',
  ]);
  t.same(await keysOf(t, files, {}, { env: { DABOOK_IDENTITY: '~/a' } }).identities(), ['AGE-SECRET-KEY-1A']);
  t.match(
    await keysOf(t, files, { identity: ['-'] }, { env: { DABOOK_IDENTITY: '~/a' } }).identities(),
    /^inventory: .*there is no identity to open it with$/,
  );
  const open = keysOf(t, files, { identity: ['a'] });
  chmodSync(join(open.home, 'a'), 0o644);
  t.equal(await open.identities(), 'inventory: the identity file a is open to others: its mode is 0644');
});

t.test('an identity that a passphrase protects is asked for on a terminal, and nowhere else', async (t) => {
  const encrypter = new Encrypter();
  const passphrase = canary('passphrase');
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(8);
  const files = { id: armor.encode(await encrypter.encrypt('AGE-SECRET-KEY-1A\n')) };
  const typed = keysOf(t, files, { identity: ['id'] }, { typed: [`${passphrase}\r`] });
  t.same(await typed.identities(), ['AGE-SECRET-KEY-1A']);
  t.equal(typed.asked(), 'passphrase of the identity file id: \n');
  const wrong = keysOf(t, files, { identity: ['id'] }, { typed: ['battery staple\r'] });
  t.equal(await wrong.identities(), 'inventory: the passphrase does not open this');
  t.match(await keysOf(t, files, { identity: ['id'] }).identities(), /can be asked for on a terminal only$/);
});

t.test('two questions are asked one after another', async (t) => {
  const both = keysOf(t, {}, {}, { typed: ['first\r', 'second\r'] });
  const answers = await Promise.all([both.keys.passphrase('a.age'), both.keys.passphrase('b.age')]);
  t.same(answers.map(reveal), ['first', 'second']);
  t.equal(both.asked(), 'passphrase of a.age: \npassphrase of b.age: \n');
});

/** Does several things of `dabook secret` at the same moment. */
function doing(folder: string, EDITOR = '', onPrinted = () => {}) {
  const env = { EDITOR, PATH: process.env.PATH, XDG_RUNTIME_DIR: folder };
  return async (...makes: readonly ((io: Io) => Promise<void>)[]) => {
    const printed: string[] = [];
    const write = (text: string) => {
      printed.push(text.trim());
      onPrinted();
    };
    const streams = { stdout: { write }, stderr: new PassThrough() };
    const io = { ...streams, env, cwd: () => folder, on: () => {}, off: () => {} };
    const ends = await Promise.allSettled(makes.map((make) => make(io as unknown as Io)));
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
    return { printed, failed };
  };
}

t.test('what two make at the same moment one of them makes, and the other is told so', async (t) => {
  const folder = t.testdir({ 'a.yml': 'a: 1\n', 'b.yml': 'b: 1\n' });
  const does = doing(folder, `sh -c 'cp a.yml.age new.yml.age; echo "x: 1" > "$0"'`);
  const keygen = (io: Io) => makeIdentity(io, 'id');
  const { printed, failed } = await does(keygen, keygen);
  t.match(failed, [/id is there already$/]);
  const [first = ''] = printed;
  t.match(readFileSync(join(folder, 'id'), 'utf8'), `# recipient: ${first}`, 'the one that was printed');

  const encrypt = (name: string, recipient: string) => (io: Io) =>
    encryptFiles(io, [name], { recipient: [recipient] });
  const sealed = await does(encrypt('a.yml', first), encrypt('a.yml', first));
  t.match([sealed.printed.length, sealed.failed], [1, ['a.yml.age is there already']]);
  t.same(
    readdirSync(folder).sort(),
    ['.age-recipients', 'a.yml.age', 'b.yml', 'id'],
    'nothing is left beside',
  );

  const edited = await does((io) => editFile(io, 'new.yml.age', {}));
  t.match(edited.failed, [/^new\.yml\.age is there by now: somebody else made it/]);
  t.same(readFileSync(join(folder, 'new.yml.age')), readFileSync(join(folder, 'a.yml.age')));

  const [second = ''] = (await does((io) => makeIdentity(io, 'other'))).printed;
  rmSync(join(folder, '.age-recipients'));
  const mixed = await does(encrypt('b.yml', first), encrypt('b.yml', second));
  t.match(mixed.failed, [/^the recipients given are not those of .*\.age-recipients$/]);
});

t.test('a file is encrypted once, however it is named, and only as it still is', async (t) => {
  const folder = t.testdir({
    'a.yml': 'a: 1\n',
    'b.yml': 'b: 1\n',
    in: { 'c.yml': 'c: 1\n' },
    also: t.fixture('symlink', 'in'),
  });
  const does = doing(folder);
  const [recipient = ''] = (await does((io) => makeIdentity(io, 'id'))).printed;
  const flags = { recipient: [recipient] };
  const names = ['a.yml', './a.yml', 'in/../a.yml', join(folder, 'a.yml'), 'also/c.yml', 'in/c.yml'];
  t.same(await does((io) => encryptFiles(io, names, flags)), {
    printed: [
      'a.yml.age: encrypted for 1; a.yml is removed',
      'also/c.yml.age: encrypted for 1; also/c.yml is removed',
    ],
    failed: [],
  });

  writeFileSync(join(folder, 'a2.yml'), 'a: 2\n');
  const changing = doing(folder, '', () => writeFileSync(join(folder, 'b.yml'), 'b: 2\n'));
  const { failed } = await changing((io) => encryptFiles(io, ['a2.yml', 'b.yml'], flags));
  t.same(failed, ['b.yml was changed meanwhile, and is not encrypted']);
  t.equal(readFileSync(join(folder, 'b.yml'), 'utf8'), 'b: 2\n');
  t.notOk(existsSync(join(folder, 'b.yml.age')));
});
