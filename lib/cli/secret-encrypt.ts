import { lstat, rm } from 'node:fs/promises';
import { DabookError } from '../errors.ts';
import { isAge } from '../secrets/open-age.ts';
import { sealAge } from '../secrets/seal-age.ts';
import { writeNewControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';
import { distinct, givenFile, keepRecipients, type RecipientFlags, recipientsFor } from './secret-files.ts';

/**
 * Encrypts files: FILE becomes FILE.age, and is removed once that is on the disk. Nothing is written before all of
 * them have turned out to be in order; one that has been changed since stays as it is.
 * @throws DabookError where one cannot be encrypted
 */
export async function encryptFiles(io: Io, names: readonly string[], flags: RecipientFlags): Promise<void> {
  const sealed = await Promise.all(
    (await distinct(io, names)).map(async (name) => {
      const file = await givenFile(io, name);
      const target = `${file.path}.age`;
      if (isAge(file.bytes)) throw new DabookError('usage', `${name} is encrypted already`);
      if (await lstat(target).catch(() => undefined)) throw isThere(name);
      const { recipients, isNew } = await recipientsFor(io, file, flags);
      return { ...file, target, recipients, isNew, content: await sealAge(file.bytes, recipients) };
    }),
  );
  for (const { name, path, bytes, target, recipients, isNew, content } of sealed) {
    if (isNew) await keepRecipients(target, recipients);
    if (!(await writeNewControlFile(target, content))) throw isThere(name);
    if (!(await givenFile(io, name)).bytes.equals(bytes)) {
      await rm(target);
      throw new DabookError('usage', `${name} was changed meanwhile, and is not encrypted`, {
        hint: 'encrypt it again',
      });
    }
    await rm(path);
    io.stdout.write(`${name}.age: encrypted for ${recipients.length}; ${name} is removed\n`);
  }
}

function isThere(name: string): DabookError {
  return new DabookError('usage', `${name}.age is there already`, { hint: `dabook secret edit ${name}.age` });
}
