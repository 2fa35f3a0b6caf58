import { DabookError } from '../errors.ts';

/**
 * Encrypts for recipients of age. The result is text (armored), so that it passes through mails and reviews.
 * @throws DabookError `inventory` where one of them is no recipient
 */
export async function sealAge(bytes: Uint8Array, recipients: readonly string[]): Promise<Buffer> {
  const age = await import('age-encryption');
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      const isIdentity = /^AGE-SECRET-KEY-/i.test(recipient);
      const what = isIdentity ? 'an identity' : JSON.stringify(recipient);
      throw new DabookError('inventory', `${what} is no recipient of age`, {
        hint: `a recipient begins with age1${isIdentity ? ': an identity is given to nobody' : ''}`,
        cause: isIdentity ? undefined : cause,
      });
    }
  }
  return Buffer.from(`${age.armor.encode(await encrypter.encrypt(bytes)).trimEnd()}\n`);
}
