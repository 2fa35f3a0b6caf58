import { type ConnectionDefaults, type Passwords, readConnection } from './connection.ts';
import { type Draft, firstPlace } from './draft.ts';
import type { Findings } from './findings.ts';
import type { GroupGraph } from './group-graph.ts';
import type { Inventory, InventoryGroup, InventoryHost } from './inventory.ts';
import { createLayers, type LayeredVars, type VarsFiles } from './layer-vars.ts';
import { createMembership } from './membership.ts';
import { type Place, positionOf, unreadPosition } from './place.ts';
import { type Entries, partAt } from './tree.ts';

/**
 * The inventory that a draft comes to, once variables are laid over each other.
 * @param extra variables that win over all others
 */
export function assembleInventory(
  draft: Draft,
  graph: GroupGraph,
  files: VarsFiles,
  defaults: ConnectionDefaults,
  passwords: Passwords,
  extra: Entries,
  findings: Findings,
): Inventory {
  const groupsOf = createMembership(draft, graph);
  const layers = createLayers(draft, files, extra);
  const members = new Map<string, string[]>(Array.from(draft.groups.keys(), (name) => [name, []]));
  const hosts: InventoryHost[] = [];
  for (const host of draft.hosts.values()) {
    const groups = groupsOf(host.name);
    for (const name of groups) members.get(name)?.push(host.name);
    if (draft.groups.has(host.name)) {
      findings.warn(`a host and a group are both named "${host.name}"`, host.place);
    }
    const vars = layers.ofHost(host, groups);
    const { target, become } = readConnection(host, vars, defaults, passwords, findings);
    hosts.push({
      name: host.name,
      groups,
      vars: vars.values,
      origin: originIn(vars, host.place),
      target,
      become,
    });
  }
  const start = firstPlace(draft);
  const groups = new Map<string, InventoryGroup>();
  for (const group of draft.groups.values()) {
    const vars = layers.ofGroup(group);
    groups.set(group.name, {
      name: group.name,
      children: [...group.children.keys()],
      hosts: members.get(group.name) ?? [],
      vars: vars.values,
      origin: originIn(vars, group.place ?? start),
    });
  }
  return { hosts, groups };
}

function originIn(vars: LayeredVars, owner: Place | undefined): InventoryHost['origin'] {
  return ([name, ...rest]) => {
    const entry = name === undefined ? undefined : vars.entry(String(name));
    if (entry === undefined) return owner && positionOf(owner);
    const part = partAt(entry.tree, rest);
    return part.kind === 'scalar' && part.templated ? unreadPosition(part.place) : positionOf(part.place);
  };
}
