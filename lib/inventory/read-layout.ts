import { show } from '../show.ts';
import { asKeys, isNull, kindOf } from './describe-tree.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Draft, type DraftGroup, groupOf } from './draft.ts';
import type { Findings } from './findings.ts';
import { readHost } from './read-host.ts';
import { type Entries, type Entry, scalarTree, type Tree } from './tree.ts';

const SECTIONS = ['hosts', 'children', 'vars'];
const NOTHING: Entries = new Map();

/** Reads an inventory in Ansible's YAML layout into the draft. Later sources add to earlier ones. */
export function readLayout(tree: Tree, draft: Draft, findings: Findings): void {
  if (tree.kind !== 'map') {
    findings.fault(
      `an inventory is a mapping of groups, not ${kindOf(tree)}`,
      tree.place,
      'start it with\nall:\n  hosts:\n    web1:',
    );
    return;
  }
  const plugin = tree.entries.get('plugin');
  if (plugin?.tree.kind === 'scalar') {
    findings.fault(
      'this is the configuration of an Ansible inventory plugin, which is not run',
      plugin.key,
      'write an inventory module instead: hosts.ts, whose default export is an object or a function that returns one',
    );
    return;
  }
  for (const [name, entry] of tree.entries) {
    if (SECTIONS.includes(name) && !isGroup(entry.tree)) {
      findings.fault(
        `"${name}" stands outside of any group`,
        entry.key,
        `put it into a group:\nall:\n  ${name}: …`,
      );
    } else {
      readGroup(name, entry, draft, findings);
    }
  }
}

/** Whether it can only be meant as a group, even if its name is a section's. */
function isGroup(tree: Tree): boolean {
  return (
    tree.kind === 'map' &&
    tree.entries.size > 0 &&
    Array.from(tree.entries.keys()).every((key) => SECTIONS.includes(key))
  );
}

function readGroup(name: string, { tree, key }: Entry, draft: Draft, findings: Findings): void {
  const group = groupOf(draft, name, key);
  if (tree.kind !== 'map') {
    if (isNull(tree)) return;
    findings.fault(
      `the group "${name}" is ${kindOf(tree)}`,
      tree.place,
      `a group has hosts, children and vars:\n${name}:\n${asKeys('hosts', tree, '  ')}`,
    );
    return;
  }
  for (const [section, entry] of tree.entries) {
    if (section === 'vars') readVars(group, entry.tree, findings);
    else if (section === 'children') readChildren(group, entry.tree, draft, findings);
    else if (section === 'hosts') readHosts(group, entry.tree, draft, findings);
    else warnOfSection(section, name, entry, findings);
  }
}

function warnOfSection(section: string, group: string, { key }: Entry, findings: Findings): void {
  const meant = didYouMean(section, SECTIONS) ?? 'a group has hosts, children and vars';
  findings.warn(`"${section}" in the group "${group}" is ignored: ${meant}`, key);
}

function readVars(group: DraftGroup, tree: Tree, findings: Findings): void {
  if (tree.kind === 'map') {
    for (const [name, entry] of tree.entries) group.vars.set(name, entry);
  } else if (!isNull(tree)) {
    findings.fault(
      `vars of the group "${group.name}" is ${kindOf(tree)}`,
      tree.place,
      'vars are a mapping:\nvars:\n  name: value',
    );
  }
}

function readChildren(group: DraftGroup, tree: Tree, draft: Draft, findings: Findings): void {
  for (const [name, entry] of keysOf('children', group.name, tree, findings)) {
    if (name === 'all') {
      findings.fault(
        `"all" is a child of "${group.name}": it is the parent of every group`,
        entry.key,
        'take it out',
      );
      continue;
    }
    readGroup(name, entry, draft, findings);
    if (!group.children.has(name)) group.children.set(name, entry.key);
  }
}

function readHosts(group: DraftGroup, tree: Tree, draft: Draft, findings: Findings): void {
  for (const [pattern, { tree: vars, key }] of keysOf('hosts', group.name, tree, findings)) {
    readHost(group, pattern, key, readHostVars(pattern, vars, findings), draft, findings);
  }
}

function readHostVars(host: string, tree: Tree, findings: Findings): Entries {
  if (tree.kind === 'map') return tree.entries;
  if (isNull(tree)) return NOTHING;
  const hint =
    tree.kind === 'scalar' ? `${host}:\n  ansible_host: ${show(tree.value)}` : `${host}:\n  name: value`;
  findings.fault(
    `the variables of the host "${host}" are ${kindOf(tree)}`,
    tree.place,
    `they are a mapping:\n${hint}`,
  );
  return NOTHING;
}

/** The keys of a section. A single word is one key, as Ansible has it. */
function keysOf(section: string, group: string, tree: Tree, findings: Findings): Entries {
  if (tree.kind === 'map') return tree.entries;
  if (isNull(tree)) return NOTHING;
  if (tree.kind === 'scalar' && typeof tree.value === 'string') {
    return new Map([[tree.value, { key: tree.place, tree: scalarTree(tree.place, null) }]]);
  }
  findings.fault(
    `${section} of the group "${group}" is ${kindOf(tree)}`,
    tree.place,
    `each is a key that ends with a colon:\n${asKeys(section, tree)}`,
  );
  return NOTHING;
}
