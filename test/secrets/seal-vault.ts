import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** A text, or bytes, as ansible-vault 1.1 encrypts it, for tests whose text is another one at each run. */
export function sealVault(text: string | Uint8Array, password: string): string {
  const salt = randomBytes(32);
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64));
  const padding = 16 - (Buffer.byteLength(text) % 16);
  const sealed = cipher.update(Buffer.concat([Buffer.from(text), Buffer.alloc(padding, padding)]));
  const check = createHmac('sha256', keys.subarray(32, 64)).update(sealed).digest('hex');
  const parts = [salt.toString('hex'), check, sealed.toString('hex')].join('\n');
  const lines = Buffer.from(parts).toString('hex').replaceAll(/.{80}/g, '$&\n').trimEnd();
  return `$ANSIBLE_VAULT;1.1;AES256\n${lines}\n`;
}
