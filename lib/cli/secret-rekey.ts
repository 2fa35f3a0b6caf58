import { sealAge } from '../secrets/seal-age.ts';
import { writeControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';
import { distinct, givenFile, opened, recipientsFor } from './secret-files.ts';
import { secretKeys } from './secret-keys.ts';
import type { SecretFlags } from './secret-options.ts';

/**
 * Encrypts files anew, for those whom their file of recipients names now. Nothing is written before all of them have
 * been opened.
 * @throws DabookError where one cannot be opened or encrypted
 */
export async function rekeyFiles(io: Io, names: readonly string[], flags: SecretFlags): Promise<void> {
  const keys = secretKeys(io, flags);
  const sealed = await Promise.all(
    (await distinct(io, names)).map(async (name) => {
      const file = await givenFile(io, name);
      const { recipients } = await recipientsFor(io, file);
      return { ...file, recipients, content: await sealAge(await opened(file, keys), recipients) };
    }),
  );
  for (const { name, path, recipients, content } of sealed) {
    await writeControlFile(path, content);
    io.stdout.write(`${name}: encrypted anew, for ${recipients.length}\n`);
  }
}
