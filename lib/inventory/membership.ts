import type { Draft } from './draft.ts';
import type { GroupGraph } from './group-graph.ts';

/**
 * The groups of each host: those it is written in and all that lie round them, outermost first; `ungrouped` where
 * there is no other than `all`. Hosts of the same groups get the same array.
 */
export function createMembership(draft: Draft, graph: GroupGraph): (host: string) => readonly string[] {
  const written = new Map<string, string[]>();
  for (const group of draft.groups.values()) {
    if (group.name === 'all' || group.name === 'ungrouped') continue;
    for (const host of group.hosts) {
      const groups = written.get(host);
      if (groups === undefined) written.set(host, [group.name]);
      else groups.push(group.name);
    }
  }
  const known = new Map<string, readonly string[]>();
  return (host) => {
    const direct = written.get(host) ?? ['ungrouped'];
    const key = JSON.stringify(direct);
    const found = known.get(key);
    if (found !== undefined) return found;
    const all = new Set(direct.flatMap((name) => graph.above(name)));
    const groups = graph.inOrder.filter((name) => all.has(name));
    known.set(key, groups);
    return groups;
  };
}
