import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const { cache } = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

/**
 * A digest of the modules that have been loaded for a playbook, its own included: not of packages, nor of dabook.
 * Modules that it imports only while it runs are not among them.
 * @param path the playbook's
 */
export async function sourceDigest(path: string): Promise<string> {
  const files = Object.keys(cache)
    .filter((file) => !file.split(sep).includes('node_modules') && !isOurs(file))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const text = await readFile(file).catch(() => Buffer.alloc(0));
    hash.update(`${relative(dirname(path), file)}\n${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}

/** bin/ and dist/ lie beside each other. */
function isOurs(file: string): boolean {
  return file.startsWith(here) || /[/\\]bin[/\\]dabook\.cjs$/.test(file);
}
