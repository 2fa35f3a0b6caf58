import { createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { DabookError } from '../errors.ts';
import { reveal, type Secret } from '../secret.ts';

const HEADER = /^\s*\$ANSIBLE_VAULT;/;
const WHOLE = /^\s*\$ANSIBLE_VAULT;1\.[12];AES256(?:;[^\n]*)?\r?\n([0-9a-f\s]+)$/i;
const ITERATIONS = 10_000;
const derive = promisify(pbkdf2);

/** Whether a text is what ansible-vault makes. */
export function isVault(text: string): boolean {
  return HEADER.test(text);
}

/**
 * Why the header of a text is none that is understood, in words; nothing for one that is.
 * @param mayQuote whether the words may have the header in them
 */
export function whyNoVault(text: string, mayQuote = true): string | undefined {
  if (!isVault(text)) return 'holds nothing that ansible-vault encrypted: that begins with $ANSIBLE_VAULT;';
  const [header = ''] = text.trimStart().split('\n');
  if (!/^\$ANSIBLE_VAULT;1\.[12];AES256\b/.test(header)) {
    return `is encrypted in a format that is not read${mayQuote ? `: ${header.trim()}` : ''}`;
  }
  return undefined;
}

/**
 * Decrypts what ansible-vault encrypted (1.1 and 1.2, AES256), with the first password that fits: nothing is decrypted
 * before its seal has been checked. An id in the header is no more than a name, so every password is tried.
 * @throws DabookError `inventory` where none fits, or the text is damaged
 */
export async function openVault(text: string, passwords: readonly Secret[]): Promise<Buffer> {
  const why = whyNoVault(text);
  const parts = partsOf(text);
  if (why !== undefined) throw new DabookError('inventory', `this ${why}`);
  if (parts === undefined) throw damaged();
  for (const password of passwords) {
    const keys = await derive(reveal(password), parts.salt, ITERATIONS, 80, 'sha256');
    const seal = createHmac('sha256', keys.subarray(32, 64)).update(parts.body).digest();
    if (seal.length !== parts.seal.length || !timingSafeEqual(seal, parts.seal)) continue;
    const cipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
    return unpadded(Buffer.concat([cipher.update(parts.body), cipher.final()]));
  }
  throw new DabookError(
    'inventory',
    passwords.length === 1
      ? 'the vault password does not open this'
      : `none of the ${passwords.length} vault passwords opens this`,
    { hint: 'is it the password of another vault? Several are given with --vault-password-file again' },
  );
}

interface Parts {
  readonly salt: Buffer;
  readonly seal: Buffer;
  readonly body: Buffer;
}

/** The lines of hex hold three lines of hex. */
function partsOf(text: string): Parts | undefined {
  const hex = WHOLE.exec(text)?.[1]?.replace(/\s/g, '') ?? '';
  const [salt, seal, body, ...more] = Buffer.from(hex, 'hex').toString('latin1').split('\n').map(bytesOf);
  if (!salt?.length || !seal?.length || !body?.length || more.length > 0) return undefined;
  return { salt, seal, body };
}

function bytesOf(hex: string): Buffer | undefined {
  return /^([0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/** PKCS #7, in blocks of 16 bytes. */
function unpadded(bytes: Buffer): Buffer {
  const count = bytes.at(-1) ?? 0;
  const isRight = count >= 1 && count <= 16 && bytes.subarray(-count).every((byte) => byte === count);
  if (!isRight) throw damaged();
  return bytes.subarray(0, -count);
}

function damaged(): DabookError {
  return new DabookError('inventory', 'this is encrypted with ansible-vault, and damaged');
}
