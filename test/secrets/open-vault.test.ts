import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto';
import t from 'tap';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { secret } from '../../lib/secret.ts';
import { isVault, openVault, whyNoVault } from '../../lib/secrets/open-vault.ts';
import { vaultFile, vaultPassword, vaultValue } from './vault-fixtures.ts';

const right = secret('password', vaultPassword);
const wrong = secret('password', 'open says me');

const opened = (text: string, ...passwords: Parameters<typeof openVault>[1]) =>
  openVault(text, passwords).then(String, (error: unknown) => `${codeOf(error)}: ${messageOf(error)}`);

t.test('what ansible-vault made is opened, whatever else is tried', async (t) => {
  t.equal(await opened(vaultFile, right), 'vaulted:\n  a: hunter2hunter2\n  n: 0042\n  yes: true\n');
  t.equal(await opened(vaultValue, wrong, right), 'inline value');
  const [header = '', ...lines] = vaultFile.split('\n');
  t.match(await opened([header, ...lines].join('\r\n'), right), /^vaulted/);
  t.match(await opened(`\n${header}\n  ${lines.join('\n  ')}`, right), /^vaulted/, 'indented, as a value is');
});

t.test('no password is as good as the right one', async (t) => {
  t.equal(await opened(vaultFile, wrong), 'inventory: the vault password does not open this');
  t.equal(await opened(vaultFile, wrong, wrong), 'inventory: none of the 2 vault passwords opens this');
});

t.test('nothing is decrypted whose seal is broken', async (t) => {
  const at = vaultFile.length - 10;
  const flipped = vaultFile.slice(0, at) + (vaultFile[at] === '3' ? '4' : '3') + vaultFile.slice(at + 1);
  t.match(
    await opened(flipped, right),
    /^inventory: (the vault password does not open|this is encrypted .*damaged)/,
  );
  for (const text of [
    '$ANSIBLE_VAULT;1.1;AES256\n',
    '$ANSIBLE_VAULT;1.1;AES256\n3132\n',
    '$ANSIBLE_VAULT;1.1;AES256\nno hex\n',
    `${vaultFile}x`,
  ]) {
    t.equal(await opened(text, right), 'inventory: this is encrypted with ansible-vault, and damaged');
  }
});

t.test('a seal that is right on a padding that is wrong', async (t) => {
  const salt = Buffer.alloc(32, 7);
  const keys = pbkdf2Sync(vaultPassword, salt, 10_000, 80, 'sha256');
  const sealed = (plain: Buffer) => {
    const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    const seal = createHmac('sha256', keys.subarray(32, 64)).update(body).digest();
    const inner = [salt, seal, body].map((part) => part.toString('hex')).join('\n');
    return `$ANSIBLE_VAULT;1.1;AES256\n${Buffer.from(inner).toString('hex')}\n`;
  };
  t.equal(
    await opened(sealed(Buffer.from(`well${'\x0c'.repeat(12)}`)), right),
    'well',
    'the test makes what it should',
  );
  for (const plain of [Buffer.alloc(16), Buffer.alloc(16, 17), Buffer.from(`bad${'x'.repeat(12)}\x02`)]) {
    t.match(await opened(sealed(plain), right), /damaged/);
  }
});

t.test('what is none of it is told by its header', async (t) => {
  t.equal(isVault('a: 1'), false);
  t.match(whyNoVault('3132'), /holds nothing that ansible-vault encrypted/);
  t.match(whyNoVault('$ANSIBLE_VAULT;1.0;AES\n3132'), /format that is not read: \$ANSIBLE_VAULT;1\.0;AES$/);
  t.match(whyNoVault('$ANSIBLE_VAULT;1.1;AES2567\n31'), /format that is not read/);
  t.equal(whyNoVault(vaultValue), undefined);
});
