import type { Draft, DraftGroup, DraftHost } from './draft.ts';
import { hidePasswords } from './hide-passwords.ts';
import { type Entries, type Entry, valuesOf } from './tree.ts';
import type { VarsByName } from './vars-files.ts';

/** The files beside the inventories, in the order of the inventories, and those beside the playbook. */
export interface VarsFiles {
  readonly inventoryGroups: readonly VarsByName[];
  readonly playbookGroups: readonly VarsByName[];
  readonly hosts: readonly VarsByName[];
}

/** Variables after precedence: which entry of which file wins for each name. */
export interface LayeredVars {
  /** Passwords are secrets. */
  readonly values: Readonly<Record<string, unknown>>;
  entry(name: string): Entry | undefined;
}

export interface Layers {
  /** @param groups every group of the host, outermost first */
  ofHost(host: DraftHost, groups: readonly string[]): LayeredVars;
  /** What a group gives by itself. */
  ofGroup(group: DraftGroup): LayeredVars;
}

type Layer = Entries;

const PRIORITY = 'ansible_group_priority';

/**
 * Lays variables over each other as Ansible does, a later layer replacing whole values of an earlier one: groups
 * in the inventory, `group_vars/all`, the other `group_vars`, the host in the inventory, `host_vars`; last, for every host, those of the command line. Within each
 * of these, parents before children, and files beside the inventory before those beside the playbook.
 */
export function createLayers(draft: Draft, files: VarsFiles, extra: Entries): Layers {
  // hosts of the same groups share one base: ten thousand hosts have a few dozen of them
  const bases = new Map<readonly string[], { entries: Layer; values: Record<string, unknown> }>();

  function baseOf(groups: readonly string[]) {
    const known = bases.get(groups);
    if (known !== undefined) return known;
    const others = groups.filter((name) => name !== 'all');
    const fromFiles = (names: readonly string[], sets: readonly VarsByName[]) =>
      sets.flatMap((set) => names.map((name) => set.get(name)));
    const entries = overlay([
      ...groups.map((name) => draft.groups.get(name)?.vars),
      ...fromFiles(['all'], files.inventoryGroups),
      ...fromFiles(['all'], files.playbookGroups),
      ...fromFiles(others, files.inventoryGroups),
      ...fromFiles(others, files.playbookGroups),
    ]);
    const base = { entries, values: valuesOf(entries) };
    bases.set(groups, base);
    return base;
  }

  return {
    ofHost(host, groups) {
      const base = baseOf(groups);
      const own = overlay([host.vars, ...files.hosts.map((set) => set.get(host.name)), extra]);
      const entry = (name: string) => own.get(name) ?? base.entries.get(name);
      const values = valuesOf(own, base.values);
      return { values: hidePasswords(host.name, values, entry), entry };
    },
    ofGroup({ name, vars }) {
      const sets = [...files.inventoryGroups, ...files.playbookGroups];
      const own = overlay([vars, ...sets.map((set) => set.get(name))]);
      const entry = (key: string) => own.get(key);
      return { values: hidePasswords(`group ${name}`, valuesOf(own), entry), entry };
    },
  };
}

function overlay(layers: readonly (Layer | undefined)[]): Layer {
  const given = layers.filter((layer) => layer !== undefined && layer.size > 0);
  if (given[0] !== undefined && given.length === 1 && !given[0].has(PRIORITY)) return given[0];
  const entries = new Map<string, Entry>();
  for (const layer of given) for (const [name, entry] of layer ?? []) entries.set(name, entry);
  // it orders the groups, and is no variable
  entries.delete(PRIORITY);
  return entries;
}
