import { resolve } from 'node:path';
import type { InputFault } from '../input-fault.ts';
import type { Keys } from '../secrets/keys.ts';
import { assembleInventory } from './assemble-inventory.ts';
import { type ConnectionDefaults, isConnectionVar, type Passwords } from './connection.ts';
import { createDraft, type Draft, firstPlace } from './draft.ts';
import { extraEntries } from './extra-entries.ts';
import { findSources } from './find-sources.ts';
import { createFindings, type Findings } from './findings.ts';
import { settleGroups } from './group-graph.ts';
import type { Inventory } from './inventory.ts';
import type { VarsFiles } from './layer-vars.ts';
import { type ImportModule, readSource } from './read-source.ts';
import { type Entries, firstUnread, whyNotAsItStands } from './tree.ts';
import { readVarsFiles } from './vars-files.ts';

export interface LoadOptions extends Passwords {
  /** What relative paths start from; also what shown paths are relative to. */
  readonly cwd: string;
  /** Loads an inventory module and returns its namespace. Called for `.ts` and `.js` sources only. */
  readonly importModule: ImportModule;
  /** Its `group_vars` and `host_vars` are read too, and win over those beside the inventory. */
  readonly playbookDir?: string | undefined;
  /** `-u`, `--private-key` and `-b`: for hosts of which the inventory does not say it, as with Ansible. */
  readonly overrides?: ConnectionDefaults | undefined;
  /** `-e`: they win over everything that the inventory says of a host, how to reach it included. */
  readonly extraVars?: Readonly<Record<string, unknown>> | undefined;
  /** What opens encrypted files; without any, files of variables that are encrypted are left out. */
  readonly keys?: Keys | undefined;
}

export interface LoadedInventory {
  /** What could be read; complete only if there are no faults. */
  readonly inventory: Inventory;
  readonly faults: readonly InputFault[];
  readonly warnings: readonly string[];
}

/**
 * Reads an inventory: YAML or JSON files in Ansible's layout, folders of them, modules that compute one, and plain
 * lists, with the variables of `group_vars` and `host_vars`. Never throws for what is wrong in them: all of it is in
 * `faults`, each with its file, line and column.
 *
 * @param sources the `-i` options in their order: later ones add to earlier ones, and win
 * @example
 * const { inventory, faults, warnings } = await loadInventory(['hosts.yml', 'a,b,'], { cwd, importModule })
 */
export async function loadInventory(
  sources: readonly string[],
  options: LoadOptions,
): Promise<LoadedInventory> {
  const findings = createFindings();
  const draft = createDraft();
  const { found, folders } = await findSources(sources, options.cwd, findings);
  for (const source of found) await readSource(source, draft, options.importModule, options.keys, findings);
  const graph = settleGroups(draft, findings);
  const files = await readAllVarsFiles(draft, folders, options, findings);
  const extra = extraEntries(options.extraVars ?? {}, findings);
  warnOfTemplates(draft, files, extra, findings);
  const { overrides = {} } = options;
  const inventory = assembleInventory(draft, graph, files, overrides, options, extra, findings);
  if (inventory.hosts.length === 0 && findings.faults.length === 0) {
    findings.fault(
      'the inventory has no hosts',
      firstPlace(draft),
      'name a file with hosts, or list them: -i web1,web2,',
    );
  }
  return { inventory, faults: findings.faults, warnings: findings.warnings };
}

async function readAllVarsFiles(
  draft: Draft,
  folders: readonly string[],
  { playbookDir, cwd, keys }: LoadOptions,
  findings: Findings,
): Promise<VarsFiles> {
  const playbook = playbookDir === undefined ? [] : [resolve(cwd, playbookDir)];
  const beside = playbook.filter((folder) => !folders.includes(folder));
  const groupVars = (from: readonly string[]) =>
    Promise.all(from.map((folder) => readVarsFiles(folder, 'group_vars', draft.groups, cwd, keys, findings)));
  const hostVars = (from: readonly string[]) =>
    Promise.all(from.map((folder) => readVarsFiles(folder, 'host_vars', draft.hosts, cwd, keys, findings)));
  return {
    inventoryGroups: await groupVars(folders),
    playbookGroups: await groupVars(beside),
    hosts: await hostVars([...folders, ...beside]),
  };
}

/**
 * One warning a file: a playbook that reads such a variable is refused, and this tells of it where none does. What
 * the command line gives instead is not missed.
 */
function warnOfTemplates(draft: Draft, files: VarsFiles, extra: Entries, findings: Findings): void {
  const sets = [...files.inventoryGroups, ...files.playbookGroups, ...files.hosts];
  const written = [...draft.groups.values(), ...draft.hosts.values()].map(({ vars }) => vars);
  const told = new Set<string>();
  for (const vars of [...written, ...sets.flatMap((set) => [...set.values()])]) {
    for (const [name, { tree }] of vars) {
      const { file } = tree.place.source;
      if (!tree.templated || isConnectionVar(name) || extra.has(name)) continue;
      const why = whyNotAsItStands(firstUnread(tree)?.value);
      if (told.has(`${file} ${why}`)) continue;
      told.add(`${file} ${why}`);
      findings.warn(`"${name}" ${why}, in all of ${file}`, tree.place);
    }
  }
}
