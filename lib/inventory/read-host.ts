import { addHost, type Draft, type DraftGroup } from './draft.ts';
import type { Findings } from './findings.ts';
import { readHostPattern } from './host-pattern.ts';
import type { Place } from './place.ts';
import { type Entries, scalarTree } from './tree.ts';

const MOST_HOSTS = 1_000_000;

/** Adds the hosts that one key stands for to a group. */
export function readHost(
  group: DraftGroup,
  pattern: string,
  place: Place,
  vars: Entries,
  draft: Draft,
  findings: Findings,
): void {
  const read = readHostPattern(pattern);
  if ('wrong' in read) {
    findings.fault(
      `the host "${pattern}" cannot be read: ${read.wrong}`,
      place,
      'ranges are written as web[01:20], web[1:9:2] or rack-[a:f]',
    );
    return;
  }
  if (draft.hosts.size + read.names.length > MOST_HOSTS) {
    findings.fault(`with "${pattern}" the inventory has more than ${MOST_HOSTS} hosts`, place);
    return;
  }
  const port =
    read.port === undefined
      ? []
      : [['ansible_port', { key: place, tree: scalarTree(place, read.port) }] as const];
  const all = port.length === 0 ? vars : new Map([...port, ...vars]);
  for (const name of read.names) addHost(draft, group, name, place, all);
}
