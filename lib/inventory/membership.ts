import type { Draft } from './draft.ts';
import type { GroupGraph } from './group-graph.ts';

/** Groups that a host is written in, and, by its name, what one group more makes of them. */
interface Written {
  readonly groups: readonly string[];
  readonly with: Map<string, Written>;
}

/**
 * The groups of each host: those it is written in and all that lie round them, outermost first; `ungrouped` where
 * there is no other than `all`. Hosts of the same groups get the same array.
 */
export function createMembership(draft: Draft, graph: GroupGraph): (host: string) => readonly string[] {
  const none: Written = { groups: [], with: new Map() };
  const written = new Map<string, Written>();
  for (const group of draft.groups.values()) {
    if (group.name === 'all' || group.name === 'ungrouped') continue;
    for (const host of group.hosts) written.set(host, extended(written.get(host) ?? none, group.name));
  }
  const known = new Map<Written, readonly string[]>();
  return (host) => {
    const direct = written.get(host) ?? none;
    const found = known.get(direct);
    if (found !== undefined) return found;
    const names = direct === none ? ['ungrouped'] : direct.groups;
    const all = new Set(names.flatMap((name) => graph.above(name)));
    const groups = graph.inOrder.filter((name) => all.has(name));
    known.set(direct, groups);
    return groups;
  };
}

function extended(from: Written, group: string): Written {
  const known = from.with.get(group);
  if (known !== undefined) return known;
  const more: Written = { groups: [...from.groups, group], with: new Map() };
  from.with.set(group, more);
  return more;
}
