import type { Decrypter } from 'age-encryption';
import { DabookError, messageOf } from '../errors.ts';
import { reveal, type Secret } from '../secret.ts';
import { show } from '../show.ts';
import type { Keys } from './keys.ts';

const ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----';
const BINARY = 'age-encryption.org/v1\n';

/** Whether bytes are a file that age encrypted, as text (armored) or not. */
export function isAge(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart();
  return start.startsWith(ARMORED) || start.startsWith(BINARY);
}

/**
 * Decrypts a file that age encrypted, armored or not, for a recipient or with a passphrase.
 * @param shown its name, for the question for a passphrase
 * @throws DabookError `inventory` where no identity opens it, or it is damaged
 */
export async function openAge(
  bytes: Uint8Array,
  keys: Pick<Keys, 'identities' | 'passphrase'>,
  shown: string,
): Promise<Buffer> {
  if (!isAge(bytes)) throw new DabookError('inventory', 'this is nothing that age encrypted');
  // Loaded here: most runs need none of it.
  const age = await import('age-encryption');
  const file = binary(bytes, age.armor.decode);
  const decrypter = new age.Decrypter();
  const isForPassphrase = Buffer.from(file.subarray(0, 64))
    .toString('latin1')
    .startsWith(`${BINARY}-> scrypt `);
  if (isForPassphrase) decrypter.addPassphrase(reveal(await keys.passphrase(shown)));
  else for (const identity of await keys.identities()) addIdentity(decrypter, identity);
  try {
    return Buffer.from(await decrypter.decrypt(file));
  } catch (cause) {
    // The library has no other sign of it than this sentence.
    if (!/no identity matched|no identities|incorrect passphrase/i.test(messageOf(cause))) {
      throw new DabookError('inventory', `this is encrypted with age, and damaged: ${messageOf(cause)}`, {
        cause,
      });
    }
    throw new DabookError(
      'inventory',
      isForPassphrase ? 'the passphrase does not open this' : 'none of the age identities opens this',
      {
        hint: isForPassphrase
          ? undefined
          : 'give the identity with --identity; whoever can open it adds your recipient to .age-recipients and does dabook secret rekey',
        cause,
      },
    );
  }
}

function addIdentity(decrypter: Decrypter, identity: Secret): void {
  try {
    decrypter.addIdentity(reveal(identity));
  } catch {
    // What the library says of it may quote it.
    throw new DabookError(
      'inventory',
      `${show(identity)} is no identity of age: it begins with AGE-SECRET-KEY-`,
    );
  }
}

function binary(bytes: Uint8Array, decode: (text: string) => Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1').trim();
  if (!text.startsWith(ARMORED)) return bytes;
  try {
    return decode(text);
  } catch (cause) {
    throw new DabookError('inventory', `this is encrypted with age, and damaged: ${messageOf(cause)}`, {
      cause,
    });
  }
}
