import { conceal } from './conceal.ts';
import { createFindings, type Findings } from './findings.ts';
import type { SourceText } from './place.ts';
import { plainYaml } from './plain-yaml.ts';
import type { Tree } from './tree.ts';
import { createTreeBuilder } from './tree-builder.ts';
import { wholeEntry, wholeYaml } from './whole-yaml.ts';

/** Far above any real inventory, far below what a few nested aliases can blow up to. */
const MOST_VALUES = 10_000_000;

/**
 * Reads YAML 1.2 (core, with `<<` merges), or JSON, to a tree with places. Each alias is a reference to
 * one tree, so that reading is linear in the size of the file.
 * Of a text that was encrypted each value is a secret.
 * @returns nothing for an empty text, and for one with syntax errors, which `findings` then has
 */
export function readTree(source: SourceText, findings: Findings): Tree | undefined {
  const tree = readPlain(source) ?? wholeYaml(source, findings);
  if (tree === undefined) return undefined;
  if (tree.size <= MOST_VALUES) return source.sealed === undefined ? tree : conceal(tree, source.sealed);
  findings.fault(
    `the aliases of this file would unfold to ${tree.size} values`,
    tree.place,
    `at most ${MOST_VALUES} values are read from one file; use fewer aliases (*name) inside of anchors (&name)`,
  );
  return undefined;
}

/** Nothing where the quick way does not know, or finds anything wrong: then the library has the word. */
function readPlain(source: SourceText): Tree | undefined {
  const findings = createFindings();
  const build = createTreeBuilder(source, findings);
  const read = plainYaml(source.text, build, (entry, shift) => wholeEntry(entry, shift, build, findings));
  const tree = read && build.finish(read);
  return findings.faults.length === 0 ? tree : undefined;
}
