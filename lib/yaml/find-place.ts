import { isAlias, isScalar, type ParsedNode } from 'yaml';
import { type Collection, collectionOf, type Entry } from './collection.ts';
import type { Yaml } from './parse-yaml.ts';
import { type Path, showPath, valueAt } from './path.ts';

/** What a path leads to. */
export type Place =
  /** An entry that is there. */
  | { readonly kind: 'entry'; readonly entry: Entry; readonly holder: Collection }
  /** A collection in which `rest` is missing. */
  | { readonly kind: 'missing'; readonly holder: Collection; readonly rest: Path }
  /** Nothing, under which all of `rest` is missing: `services:`, `services: {}`; the whole text without `in`. */
  | {
      readonly kind: 'empty';
      readonly in?: { readonly entry: Entry; readonly holder: Collection };
      readonly rest: Path;
    };

/**
 * Follows a path.
 * @throws DabookError `refused` where it leads through a text, or through an alias
 */
export function findPlace(yaml: Yaml, path: Path): Place {
  let node: ParsedNode | null = yaml.contents;
  let found: { readonly entry: Entry; readonly holder: Collection } | undefined;
  for (const [depth, step] of path.entries()) {
    const rest = path.slice(depth);
    if (isEmpty(node, found?.holder)) return { kind: 'empty', rest, ...(found && { in: found }) };
    const holder = collectionOf(node) ?? refuseThrough(yaml, path.slice(0, depth), node, found?.entry);
    const entry = entryAt(holder, step, yaml, path.slice(0, depth));
    if (entry === undefined) {
      refuseMerged(yaml, path, depth, found?.entry);
      const [first = '', ...others] = rest;
      return {
        kind: 'missing',
        holder,
        rest: [holder.kind === 'mapping' ? String(first) : first, ...others],
      };
    }
    found = { entry, holder };
    node = entry.node;
  }
  if (found === undefined) throw yaml.refuse(0, 'an edit needs a path', "such as at: ['services', 'web']");
  return { kind: 'entry', ...found };
}

function isEmpty(node: ParsedNode | null, holder: Collection | undefined): boolean {
  if (node === null || (isScalar(node) && node.value === null)) return true;
  const collection = collectionOf(node);
  return collection?.entries.length === 0 && holder?.flow === false;
}

function entryAt(holder: Collection, step: string | number, yaml: Yaml, at: Path): Entry | undefined {
  if (holder.kind === 'mapping') return holder.entries.find(({ key }) => key === String(step));
  const index = Number(step);
  if (typeof step === 'number' && Number.isInteger(index) && index >= 0) return holder.entries[index];
  throw yaml.refuse(
    holder.start,
    `${showPath(at) || 'the text'} is a list, which has no ${JSON.stringify(step)}`,
    'name an item of a list by its number, from 0',
  );
}

function refuseThrough(yaml: Yaml, at: Path, node: ParsedNode | null, entry: Entry | undefined): never {
  const offset = entry?.start ?? node?.range[0] ?? 0;
  if (isAlias(node)) {
    throw yaml.refuse(
      offset,
      `${showPath(at)} is the alias *${node.source}: an edit in it would change the place of &${node.source} too`,
      `edit the place of &${node.source}, or write the value out here`,
    );
  }
  throw yaml.refuse(
    offset,
    `${showPath(at) || 'the text'} is a single value, and has nothing in it`,
    'check the path for a typing mistake',
  );
}

/** What is missing here, but seen here by a merge, cannot be completed here: all of it would have to be. */
function refuseMerged(yaml: Yaml, path: Path, depth: number, entry: Entry | undefined): void {
  const at = path.slice(0, depth + 1);
  if (depth === path.length - 1 || (valueAt(yaml.value, at) ?? null) === null) return;
  throw yaml.refuse(
    entry?.start ?? 0,
    `${showPath(at)} comes from a merge (<<): an edit in it would change other places too`,
    'edit the place that it comes from, or write it out here',
  );
}
