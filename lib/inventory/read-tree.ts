import { createFindings, type Findings } from './findings.ts';
import { sourceText } from './place.ts';
import { plainYaml } from './plain-yaml.ts';
import type { Tree } from './tree.ts';
import { createTreeBuilder } from './tree-builder.ts';
import { wholeEntry, wholeYaml } from './whole-yaml.ts';

/** Far above any real inventory, far below what a few nested aliases can blow up to. */
const MOST_VALUES = 10_000_000;

/**
 * Reads YAML 1.2 (core, with `<<` merges), or JSON, to a tree with places. Each alias is a reference to
 * one tree, so that reading is linear in the size of the file.
 * @param file its name as it is shown
 * @returns nothing for an empty text, and for one with syntax errors, which `findings` then has
 */
export function readTree(file: string, text: string, findings: Findings): Tree | undefined {
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    findings.fault(
      'this file is encrypted with ansible-vault, which cannot be read yet',
      { source: sourceText(file, text), offset: 0 },
      'decrypt it with "ansible-vault decrypt", or leave it out and pass its values with -e @file',
    );
    return undefined;
  }
  const tree = readPlain(file, text) ?? wholeYaml(file, text, findings);
  if (tree === undefined || tree.size <= MOST_VALUES) return tree;
  findings.fault(
    `the aliases of this file would unfold to ${tree.size} values`,
    tree.place,
    `at most ${MOST_VALUES} values are read from one file; use fewer aliases (*name) inside of anchors (&name)`,
  );
  return undefined;
}

/** Nothing where the quick way does not know, or finds anything wrong: then the library has the word. */
function readPlain(file: string, text: string): Tree | undefined {
  const findings = createFindings();
  const build = createTreeBuilder(sourceText(file, text), findings);
  const read = plainYaml(text, build, (entry, shift) => wholeEntry(entry, shift, build, findings));
  const tree = read && build.finish(read);
  return findings.faults.length === 0 ? tree : undefined;
}
