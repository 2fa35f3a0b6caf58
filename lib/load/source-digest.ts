import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const { cache } = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

/** What is imported, or required, by its place: `./words.ts`, `../all.ts`, `./hosts.json`. */
const BY_PLACE = /\b(?:from|import|require)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`\n]*)\1/g;
const EXTENSION = /\.[cm]?[jt]sx?$/;

/**
 * A digest of the modules that have been loaded for a playbook, its own included: not of packages, nor of dabook.
 * Wherever the playbook lies, what it imports by its place is no package. Modules that it imports only while it runs
 * are not among them.
 * @param path the playbook's
 * @param ours the folder of dabook's own modules
 */
export async function sourceDigest(path: string, ours: string = here): Promise<string> {
  const loaded = Object.keys(cache).filter((file) => !isOurs(file, ours));
  const own = loaded.filter((file) => !file.split(sep).includes('node_modules'));
  const files = await withImported([path, await realpath(path).catch(() => path), ...own], loaded, ours);
  const hash = createHash('sha256');
  for (const file of [...files.keys()].sort()) {
    const text = files.get(file) ?? Buffer.alloc(0);
    hash.update(`${relative(dirname(path), file)}\n${text.length}\n`).update(text);
  }
  return hash.digest('hex');
}

/** Files with what they import by its place, and so on. */
async function withImported(
  first: readonly string[],
  loaded: readonly string[],
  ours: string,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const left = [...first];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (files.has(file)) continue;
    const text = await readFile(file).catch(() => Buffer.alloc(0));
    files.set(file, text);
    if (file.endsWith('.json')) continue;
    for (const [, , place = ''] of text.toString().matchAll(BY_PLACE)) {
      const target = resolve(dirname(file), place);
      // Node loads some by itself, and they are not among what is loaded then.
      if (/\.([cm]?js|json)$/.test(target) && !isOurs(target, ours)) left.push(target);
      const bare = target.replace(EXTENSION, '');
      left.push(...loaded.filter((each) => isAt(each, target, bare)));
    }
  }
  return files;
}

/** Whether a loaded file is what an import means, which may leave out or misstate how its name ends. */
function isAt(file: string, target: string, bare: string): boolean {
  const own = file.replace(EXTENSION, '');
  return file === target || own === bare || own === join(target, 'index');
}

/** bin/ and dist/ lie beside each other. */
function isOurs(file: string, ours: string): boolean {
  return file.startsWith(ours + sep) || file === join(dirname(ours), 'bin', 'dabook.cjs');
}
