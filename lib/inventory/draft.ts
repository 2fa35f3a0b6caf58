import type { Place } from './place.ts';
import type { Entries, Entry } from './tree.ts';

/** The inventory while its sources are read: groups and hosts as they are written, nothing inherited yet. */
export interface Draft {
  readonly groups: Map<string, DraftGroup>;
  /** In the order in which they first appear. */
  readonly hosts: Map<string, DraftHost>;
}

export interface DraftGroup {
  readonly name: string;
  /** Where it is first written; `all` and `ungrouped` may not be. */
  place: Place | undefined;
  /** Child groups, each with the place that makes it a child. */
  readonly children: Map<string, Place | undefined>;
  /** Hosts that are written in the group itself. */
  readonly hosts: Set<string>;
  readonly vars: Map<string, Entry>;
}

export interface DraftHost {
  readonly name: string;
  readonly place: Place;
  vars: Entries;
}

/** An inventory without hosts: `all` with its child `ungrouped`, which every inventory has. */
export function createDraft(): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map() };
  groupOf(draft, 'all').children.set('ungrouped', undefined);
  groupOf(draft, 'ungrouped');
  return draft;
}

/** The group of that name, made where it is new. */
export function groupOf(draft: Draft, name: string, place?: Place): DraftGroup {
  const known = draft.groups.get(name);
  if (known !== undefined) {
    known.place ??= place;
    return known;
  }
  const group: DraftGroup = { name, place, children: new Map(), hosts: new Set(), vars: new Map() };
  draft.groups.set(name, group);
  return group;
}

/** Puts a host into a group; made where it is new. Variables given again replace earlier ones. */
export function addHost(draft: Draft, group: DraftGroup, name: string, place: Place, vars: Entries): void {
  group.hosts.add(name);
  const known = draft.hosts.get(name);
  if (known === undefined) draft.hosts.set(name, { name, place, vars });
  else if (vars.size > 0) known.vars = new Map([...known.vars, ...vars]);
}

/** Where the inventory starts: what there is to show for `all` where nobody wrote it. */
export function firstPlace(draft: Draft): Place | undefined {
  const written = [...draft.groups.values(), ...draft.hosts.values()];
  return written.find(({ place }) => place !== undefined)?.place;
}
