import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import t from 'tap';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { secret } from '../../lib/secret.ts';
import { isAge, openAge } from '../../lib/secrets/open-age.ts';
import { findRecipients } from '../../lib/secrets/recipients-file.ts';
import { sealAge } from '../../lib/secrets/seal-age.ts';
import { canary } from '../canary/canary.ts';

const text = Buffer.from(`a: ÄÖÜ ${canary('text')}\n`);
const phrase = canary('passphrase');
const passphrase = async () => secret('passphrase', phrase);
const told = (error: unknown) => `${codeOf(error)}: ${messageOf(error)}`;

const opened = (bytes: Uint8Array, ...identities: readonly string[]) =>
  openAge(
    bytes,
    { identities: async () => identities.map((each) => secret('identity', each)), passphrase },
    'x.age',
  ).then(String, told);

t.test('what is encrypted for somebody, that one opens, as text or not', async (t) => {
  const [mine, other, third] = await Promise.all([
    generateIdentity(),
    generateIdentity(),
    generateIdentity(),
  ]);
  const both = await Promise.all([mine, other].map(identityToRecipient));
  const sealed = await sealAge(text, both);
  t.match(
    sealed.toString(),
    /^-----BEGIN AGE ENCRYPTED FILE-----\n[\w+/=\n]+\n-----END AGE ENCRYPTED FILE-----\n$/,
  );
  t.equal(await opened(sealed, mine), String(text));
  t.equal(await opened(sealed, third, other), String(text));
  t.equal(await opened(armor.decode(sealed.toString()), mine), String(text), 'binary');
  t.equal(await opened(sealed, third), 'inventory: none of the age identities opens this');
  t.equal(await opened(sealed), 'inventory: none of the age identities opens this');
  t.equal(await opened(text, mine), 'inventory: this is nothing that age encrypted');
  t.same([isAge(sealed), isAge(text), isAge(Buffer.from('age-encryption.org/v1\n'))], [true, false, true]);

  const cut = armor.decode(sealed.toString()).slice(0, -1);
  t.match(await opened(cut, mine), /^inventory: this is encrypted with age, and damaged: /);
  const garbled = sealed.toString().replace('-----END', '!\n-----END');
  t.match(await opened(Buffer.from(garbled), mine), /^inventory: this is encrypted with age, and damaged: /);
  t.equal(
    await opened(sealed, 'AGE-SECRET-KEY-1HUNTER2'),
    'inventory: <identity> is no identity of age: it begins with AGE-SECRET-KEY-',
  );
});

t.test('a passphrase is asked for where one was given', async (t) => {
  const sealed = async (word: string) => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(word);
    encrypter.setScryptWorkFactor(8);
    return encrypter.encrypt(text);
  };
  t.equal(await opened(await sealed(phrase)), String(text));
  t.equal(await opened(await sealed('battery staple')), 'inventory: the passphrase does not open this');
});

t.test('nobody else is encrypted for', async (t) => {
  const identity = await generateIdentity();
  const refused = await sealAge(text, [identity]).catch(told);
  t.equal(refused, 'inventory: an identity is no recipient of age');
  t.equal(await sealAge(text, ['age1x']).catch(told), 'inventory: "age1x" is no recipient of age');
  t.equal(await sealAge(text, ['me']).catch(told), 'inventory: "me" is no recipient of age');
});

t.test(
  'recipients are those of the nearest folder, and of nobody who could have put them there',
  async (t) => {
    const folder = t.testdir({ '.age-recipients': '# team\nage1a\r\n\n  age1b\n', inner: { deep: {} } });
    const path = join(folder, '.age-recipients');
    const me = process.getuid?.();
    chmodSync(path, 0o644);
    const above = { path, recipients: ['age1a', 'age1b'] };
    t.same(await findRecipients(join(folder, 'inner/deep'), me), above);
    mkdirSync(join(folder, 'inner'), { recursive: true });
    writeFileSync(join(folder, 'inner/.age-recipients'), '# nobody\n');
    t.match(
      await findRecipients(join(folder, 'inner/deep'), me).catch(told),
      /inner\/\.age-recipients names no recipient$/,
    );
    chmodSync(path, 0o666);
    t.match(await findRecipients(folder, me).catch(told), /can be written to by everybody$/);
    t.equal(await findRecipients('/proc', me), undefined);
  },
);
