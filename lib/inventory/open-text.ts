import { DabookError } from '../errors.ts';
import type { Keys } from '../secrets/keys.ts';
import { isAge, openAge } from '../secrets/open-age.ts';
import { isVault, openVault } from '../secrets/open-vault.ts';

/** The text of a file, decrypted where it was encrypted. */
export interface OpenedText {
  readonly text: string;
  /** What it was encrypted with; nothing for a file in plain text. */
  readonly sealed?: 'vault' | 'age' | undefined;
}

/**
 * Decrypts a file of variables or an inventory that is encrypted as a whole, with ansible-vault or with age; any other
 * is given back as it is.
 * @param shown its name in questions
 * @param keys nothing where the input is only shown
 * @returns nothing for what is encrypted and stays so, without keys
 * @throws DabookError `inventory` where it cannot be opened; TypeError where its text is not in UTF-8
 */
export async function openText(
  bytes: Uint8Array,
  shown: string,
  keys: Keys | undefined,
): Promise<OpenedText | undefined> {
  if (isAge(bytes)) {
    if (keys === undefined) return undefined;
    return { text: decoded(await openAge(bytes, keys, shown)), sealed: 'age' };
  }
  if (shown.endsWith('.age'))
    throw new DabookError('inventory', 'this is named .age and is not encrypted with age');
  const text = decoded(bytes);
  if (!isVault(text)) return { text };
  if (keys === undefined) return undefined;
  return { text: decoded(await openVault(text, await keys.vaultPasswords())), sealed: 'vault' };
}

/** The decoder takes a byte order mark away, which no position should count. */
function decoded(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
