import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Findings } from './findings.ts';

/** One thing to read, in the order in which it is to be read. */
export interface Source {
  readonly kind: 'yaml' | 'module' | 'list';
  /** An absolute path, or the list itself. */
  readonly path: string;
  /** As it is shown to a person. */
  readonly shown: string;
}

export interface Sources {
  readonly found: readonly Source[];
  /** Folders that may have `group_vars` and `host_vars`, each once. */
  readonly folders: readonly string[];
}

const READ_IN_FOLDER = /\.(ya?ml|json)(\.age)?$/;
/** What nobody takes for an inventory that dabook can read: no warning about it. */
const SILENTLY_SKIPPED =
  /^(\.|(group_vars|host_vars|vars_plugins)$)|(~|\.(orig|bak|ini|cfg|retry|py[co]?|[cm]?[jt]s|md|txt))$/;

/**
 * Finds what the `-i` options name: a file, a folder (its YAML and JSON files, those of its folders too), a
 * module, or a list such as `a,b,`.
 * @param cwd what relative paths start from
 */
export async function findSources(
  given: readonly string[],
  cwd: string,
  findings: Findings,
): Promise<Sources> {
  const found: Source[] = [];
  const folders = new Set<string>();
  for (const name of given) {
    if (name.trim() === '') {
      // as a path it would be the current folder, with whatever inventories stand in it
      findings.fault(
        'the name of the inventory is empty: -i ""',
        undefined,
        'is a variable unset? The current folder is -i .',
      );
      continue;
    }
    const path = resolve(cwd, name);
    const shown = shownPath(path, cwd);
    const kind = await kindOf(path);
    if (kind === 'folder') {
      folders.add(path);
      const files = await filesBelow(path, cwd, findings);
      if (files.length === 0) findings.fault(`the folder ${shown} has no .yml, .yaml or .json file`);
      found.push(
        ...files.map((file) => ({ kind: 'yaml' as const, path: file, shown: shownPath(file, cwd) })),
      );
    } else if (kind === 'file') {
      folders.add(dirname(path));
      found.push({ kind: /\.[cm]?[jt]s$/.test(path) ? 'module' : 'yaml', path, shown });
    } else if (name.includes(',')) {
      found.push({ kind: 'list', path: name, shown: '-i' });
    } else {
      findings.fault(
        `there is no inventory ${name}`,
        undefined,
        `a single host, rather than a file, is written with a comma: -i ${name},`,
      );
    }
  }
  return { found, folders: [...folders] };
}

/** A path as a person who stands in `cwd` would write it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') ? path : short;
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

async function filesBelow(folder: string, cwd: string, findings: Findings): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (SILENTLY_SKIPPED.test(name)) continue;
    const path = join(folder, name);
    if ((await kindOf(path)) === 'folder') files.push(...(await filesBelow(path, cwd, findings)));
    else if (READ_IN_FOLDER.test(name)) files.push(path);
    else findings.warn(`${shownPath(path, cwd)} is not read: in a folder, .yml, .yaml and .json files are`);
  }
  return files;
}
