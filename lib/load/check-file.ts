import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { DabookError } from '../errors.ts';

/**
 * Checks that a playbook's file can be read and may be one.
 * @param shown its name as the operator gave it
 * @throws DabookError `usage`
 */
export async function checkFile(path: string, shown: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR'].includes(error.code ?? ''))
      throw new DabookError('usage', `there is no playbook ${shown}`);
    throw cannotBeRead(shown, error);
  });
  if (found.isDirectory()) {
    throw new DabookError('usage', `${shown} is a folder`, {
      hint: 'name the playbook in it, a TypeScript or JavaScript file',
    });
  }
  if (!/^\.[cm]?[tj]s$/.test(extname(path))) {
    const yaml = /^\.ya?ml$/.test(extname(path)) ? '; those in YAML are not understood' : '';
    throw new DabookError('usage', `${shown} is no playbook: playbooks are TypeScript or JavaScript files`, {
      hint: `their names end in .ts or .js${yaml}`,
    });
  }
  if (!found.isFile()) throw new DabookError('usage', `the playbook ${shown} is no regular file`);
  await access(path, constants.R_OK).catch((error: Error) => {
    throw cannotBeRead(shown, error);
  });
}

function cannotBeRead(shown: string, cause: Error): DabookError {
  return new DabookError('usage', `the playbook ${shown} cannot be read: ${cause.message}`, { cause });
}
