import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Keys } from '../secrets/keys.ts';
import { didYouMean } from './did-you-mean.ts';
import { shownPath } from './find-sources.ts';
import type { Findings } from './findings.ts';
import { readOpened } from './read-opened.ts';
import { readTree } from './read-tree.ts';
import type { Entries, Entry } from './tree.ts';

/** The variables that the files of a folder give to groups or hosts, by name. */
export type VarsByName = ReadonlyMap<string, Entries>;

const ENDINGS = ['', '.yml', '.yaml', '.json', '.yml.age', '.yaml.age', '.json.age'];
/** The groups of an inventory that says nothing. */
const always: ReadonlySet<string> = new Set(['all', 'ungrouped']);
/** Few enough for any limit on open files. */
const FILES_AT_ONCE = 32;

/**
 * Reads `group_vars` or `host_vars` of a folder: for each name a file NAME, NAME.yml, NAME.yaml or NAME.json, or one
 * of these encrypted with age (NAME.yml.age), or a folder NAME with any number of such files. As with Ansible, the first of these that is there is read.
 * @param wanted the groups or hosts of the inventory; a file for any other name is warned about
 * @param keys what opens encrypted files; without any they are left out, and warned about
 */
export async function readVarsFiles(
  folder: string,
  kind: 'group_vars' | 'host_vars',
  wanted: ReadonlyMap<string, unknown>,
  cwd: string,
  keys: Keys | undefined,
  findings: Findings,
): Promise<VarsByName> {
  const path = join(folder, kind);
  const present = new Set(await namesIn(path));
  // Of an inventory of which nothing could be read, nobody knows what it has not.
  const isRead = findings.faults.length === 0 || [...wanted.keys()].some((name) => !always.has(name));
  const found: { name: string; file: string }[] = [];
  for (const file of present) {
    const name = file.replace(/\.(ya?ml|json)(\.age)?$/, '');
    const known = wanted.has(file) ? file : wanted.has(name) ? name : undefined;
    const shown = shownPath(join(path, file), cwd);
    if (known === undefined) {
      if (!isRead) continue;
      const what = kind === 'group_vars' ? 'group' : 'host';
      const meant = didYouMean(name, wanted.keys());
      findings.warn(
        `${shown} is not used: the inventory has no ${what} "${name}"${meant ? `; ${meant}` : ''}`,
      );
      continue;
    }
    const first = ENDINGS.map((ending) => known + ending).find((candidate) => present.has(candidate));
    if (first === file) found.push({ name: known, file });
    else findings.warn(`${shown} is not used: ${first} stands beside it`);
  }
  const queue = new PQueue({ concurrency: FILES_AT_ONCE });
  const read = await queue.addAll(
    found.map(
      ({ name, file }) =>
        async () =>
          [name, await readVars(join(path, file), cwd, keys, findings)] as const,
    ),
  );
  return new Map(read);
}

async function readVars(
  path: string,
  cwd: string,
  keys: Keys | undefined,
  findings: Findings,
): Promise<Entries> {
  const vars = new Map<string, Entry>();
  for (const file of await filesOf(path)) {
    const shown = shownPath(file, cwd);
    const source = await readOpened(file, shown, keys, findings);
    if (source === 'sealed') findings.warn(`${shown} is encrypted: its variables are not shown`);
    const tree = typeof source === 'object' ? readTree(source, findings) : undefined;
    if (tree?.kind === 'map') for (const [name, entry] of tree.entries) vars.set(name, entry);
    else if (tree !== undefined && tree.value !== null) {
      findings.fault('a file of variables is a mapping', tree.place, 'write each variable as\nname: value');
    }
  }
  return vars;
}

/** The path itself, or the files of the folder that it is, in the order of their names. */
async function filesOf(path: string): Promise<string[]> {
  if (!(await isFolder(path))) return [path];
  const files: string[] = [];
  for (const name of await namesIn(path)) {
    const ending = /\.[^.]*(\.age)?$/.exec(name)?.[0] ?? '';
    const isDirectory = await isFolder(join(path, name));
    if (isDirectory && ending === '') files.push(...(await filesOf(join(path, name))));
    else if (!isDirectory && ENDINGS.includes(ending)) files.push(join(path, name));
  }
  return files;
}

/** False also for a link that leads nowhere: reading it then tells. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** What is in a folder, without hidden files and backups; nothing where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !/^\.|~$/.test(name)).sort();
  } catch {
    return [];
  }
}
