import type { Draft, DraftGroup } from './draft.ts';
import type { Findings } from './findings.ts';

/** How groups lie in one another, with `all` round everything. */
export interface GroupGraph {
  /** A group with every group round it, in the order in which variables are laid over each other. */
  above(group: string): readonly string[];
  /** All groups in that order: outermost first; at one depth by `ansible_group_priority`, then by name. */
  readonly inOrder: readonly string[];
}

/**
 * Settles the groups of a draft: a link that would make a group its own ancestor becomes a fault and is taken
 * out, and a group that is in no other goes into `all`.
 */
export function settleGroups(draft: Draft, findings: Findings): GroupGraph {
  breakCycles(draft, findings);
  const parents = parentsOf(draft);
  const all = draft.groups.get('all');
  for (const { name } of draft.groups.values()) {
    if (name === 'all' || parents.has(name)) continue;
    all?.children.set(name, undefined);
    parents.set(name, ['all']);
  }

  const depths = new Map<string, number>();
  function depthOf(name: string): number {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = Math.max(-1, ...(parents.get(name) ?? []).map(depthOf)) + 1;
    depths.set(name, depth);
    return depth;
  }
  const rank = new Map<string, number>();
  const ordered = Array.from(draft.groups.values(), (group) => ({
    name: group.name,
    depth: depthOf(group.name),
    priority: priorityOf(group, findings),
  }));
  ordered.sort((a, b) => a.depth - b.depth || a.priority - b.priority || compare(a.name, b.name));
  for (const [index, { name }] of ordered.entries()) rank.set(name, index);

  const known = new Map<string, readonly string[]>();
  function above(name: string): readonly string[] {
    const found = known.get(name);
    if (found !== undefined) return found;
    const names = new Set((parents.get(name) ?? []).flatMap(above)).add(name);
    const sorted = [...names].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    known.set(name, sorted);
    return sorted;
  }
  return { above, inOrder: ordered.map(({ name }) => name) };
}

/** By code point, as Ansible compares names; never by the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parentsOf(draft: Draft): Map<string, string[]> {
  const parents = new Map<string, string[]>();
  for (const { name, children } of draft.groups.values()) {
    for (const child of children.keys()) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  return parents;
}

function breakCycles(draft: Draft, findings: Findings): void {
  const done = new Set<string>();
  const path: string[] = [];
  function visit(group: DraftGroup): void {
    if (done.has(group.name)) return;
    path.push(group.name);
    for (const [child, place] of group.children) {
      const start = path.indexOf(child);
      if (start >= 0) {
        const circle = [...path.slice(start), child].join(' > ');
        findings.fault(
          `the group "${child}" is its own ancestor: ${circle}`,
          place,
          `take "${child}" out of the children of "${group.name}"`,
        );
        group.children.delete(child);
        continue;
      }
      const next = draft.groups.get(child);
      if (next !== undefined) visit(next);
    }
    path.pop();
    done.add(group.name);
  }
  for (const group of draft.groups.values()) visit(group);
}

/** 1 by default, as with Ansible; it counts only where the inventory itself gives it. */
function priorityOf(group: DraftGroup, findings: Findings): number {
  const entry = group.vars.get('ansible_group_priority');
  if (entry === undefined) return 1;
  const priority = Number(entry.tree.value);
  if (Number.isInteger(priority) && entry.tree.value !== null) return priority;
  findings.fault(
    `ansible_group_priority of the group "${group.name}" is not a whole number`,
    entry.tree.place,
  );
  return 1;
}
