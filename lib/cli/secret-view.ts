import type { Io } from './io.ts';
import { givenFile, opened } from './secret-files.ts';
import { secretKeys } from './secret-keys.ts';
import type { SecretFlags } from './secret-options.ts';

/**
 * Writes what is in an encrypted file to stdout.
 * @throws DabookError `inventory` where it cannot be opened
 */
export async function viewFile(io: Io, name: string, flags: SecretFlags): Promise<void> {
  const plain = await opened(await givenFile(io, name), secretKeys(io, flags));
  io.stdout.write(plain);
}
