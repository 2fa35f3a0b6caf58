import { deepStrictEqual } from 'node:assert/strict';
import { createFindings } from '../../lib/inventory/findings.ts';
import { sourceText } from '../../lib/inventory/place.ts';
import { plainYaml } from '../../lib/inventory/plain-yaml.ts';
import type { Tree } from '../../lib/inventory/tree.ts';
import { createTreeBuilder } from '../../lib/inventory/tree-builder.ts';
import { wholeEntry, wholeYaml } from '../../lib/inventory/whole-yaml.ts';

/**
 * A text as the quick way reads it and as the library does, both with every place.
 * @returns `quick` is nothing where the quick way leaves the text to the library
 */
export function bothWays(text: string): { readonly quick: unknown; readonly whole: unknown } {
  const found = createFindings();
  const build = createTreeBuilder(sourceText('file', text), found);
  const read = plainYaml(text, build, (entry, shift) => wholeEntry(entry, shift, build, found));
  const tree = read && build.finish(read);
  const findings = createFindings();
  const whole = wholeYaml(sourceText('file', text), findings);
  return {
    quick: found.faults.length > 0 || tree === undefined ? undefined : { tree: told(tree), faults: [] },
    whole: { tree: whole && told(whole), faults: findings.faults },
  };
}

/** Fails where the two differ; for each text that a test writes. */
export function checkBothWays(text: string): void {
  const { quick, whole } = bothWays(text);
  if (quick !== undefined) deepStrictEqual(quick, whole);
}

function told(tree: Tree): unknown {
  // what aliases of aliases unfold to could not be written out
  if (tree.size > 100_000) return tree.size;
  const { kind, value, templated, size, place } = tree;
  const { line, col } = place.source.lines.linePos(place.offset);
  const part = { kind, value, templated, size, offset: place.offset, line, col };
  switch (kind) {
    case 'scalar':
      return { ...part, written: tree.written };
    case 'list':
      return { ...part, items: tree.items.map(told) };
    case 'map':
      return {
        ...part,
        entries: Array.from(tree.entries, ([name, entry]) => [name, entry.key.offset, told(entry.tree)]),
      };
  }
}
