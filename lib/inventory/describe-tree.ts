import { show } from '../show.ts';
import type { Tree } from './tree.ts';

/**
 * What was written as a list, as the mapping that it should be.
 * @param indent what each line starts with
 */
export function asKeys(section: string, tree: Tree, indent = ''): string {
  const names = tree.kind === 'list' ? tree.items.map(nameOf).filter((name) => name !== undefined) : [];
  const shown = names.length === 0 ? ['name'] : names.slice(0, 3);
  return [`${section}:`, ...shown.map((name) => `  ${name}:`)].map((line) => indent + line).join('\n');
}

function nameOf(tree: Tree): string | undefined {
  if (tree.kind === 'scalar') return show(tree.value);
  return tree.kind === 'map' ? tree.entries.keys().next().value : undefined;
}

/** Whether nothing is written there, or as good as nothing. */
export function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && (tree.value === null || tree.value === '');
}

/** What a value is, in words. */
export function kindOf(tree: Tree): string {
  if (tree.kind === 'list') return 'a list';
  if (tree.kind === 'map') return 'a mapping';
  return tree.value === null ? 'empty' : `a single value (${JSON.stringify(tree.value)})`;
}
