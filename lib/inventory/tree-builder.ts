import type { Findings } from './findings.ts';
import { mayQuote, type Place, type SourceText } from './place.ts';
import {
  type Entry,
  listTree,
  type MapTree,
  mapTree,
  type ScalarTree,
  scalarTree,
  type Tree,
} from './tree.ts';

/** What is shared through an alias costs nothing; a merge copies. */
const MOST_MERGED = 2_000_000;

/** One key of a mapping with its value. */
export interface Pair {
  readonly name: string;
  /** Without quotes; only so does `<<` merge. */
  readonly plain: boolean;
  readonly key: Place;
  readonly tree: Tree;
}

/**
 * Makes the trees of one document, whoever reads it. What the parts mean is decided here alone: aliases, `<<` merges,
 * keys given twice, numbers that no number can hold.
 */
export interface TreeBuilder {
  place(offset: number): Place;
  /** @param written as it stands in the document, where it has a text */
  scalar(place: Place, value: unknown, written: string | undefined): ScalarTree;
  list(place: Place, items: readonly Tree[]): Tree;
  map(place: Place, pairs: Iterable<Pair>): MapTree;
  /** Names a tree that has ended. A later one of the same name takes its place. */
  anchor(name: string, tree: Tree): void;
  alias(place: Place, name: string): Tree;
  /** The whole document; nothing where merges would copy too much, which the findings then tell. */
  finish(tree: Tree): Tree | undefined;
}

/**
 * Starts a document. An alias is a reference to the tree of its anchor, so that this takes time and memory linear in
 * the size of the file, whatever its aliases unfold to.
 */
export function createTreeBuilder(source: SourceText, findings: Findings): TreeBuilder {
  // filled in document order, which is how an alias finds the last anchor of its name before it
  const anchors = new Map<string, Tree>();
  let merged = 0;
  /** Each name once: the same few variables are given to thousands of hosts. */
  const names = new Map<string, string>();

  function shared(name: string): string {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  }

  function mergeInto(entries: Map<string, Entry>, tree: Tree): void {
    for (const from of tree.kind === 'list' ? tree.items : [tree]) {
      if (from.kind === 'map') {
        merged += from.entries.size;
        if (merged > MOST_MERGED) return;
        for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
      } else {
        findings.fault('<< takes a mapping, or a list of mappings', from.place);
      }
    }
  }

  return {
    place: (offset) => ({ source, offset }),
    scalar(place, value, written) {
      if (typeof value === 'string') return scalarTree(place, value);
      // digits that a number cannot hold stay text, rather than become another number
      const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
      return scalarTree(place, isRounded && /^[-+]?\d+$/.test(written ?? '') ? written : value, written);
    },
    list: listTree,
    map(place, pairs) {
      const entries = new Map<string, Entry>();
      const merges: Tree[] = [];
      for (const { name, plain, key, tree } of pairs) {
        if (plain && name === '<<') {
          merges.push(tree);
          continue;
        }
        const first = entries.get(name);
        if (first === undefined) entries.set(shared(name), { key, tree: atKeyWhenEmpty(tree, key) });
        else {
          const { line } = source.lines.linePos(first.key.offset);
          const shown = mayQuote(key) ? `"${name}"` : 'this key';
          findings.fault(`${shown} is given twice: first in line ${line}`, key, 'keep one of them');
        }
      }
      for (const tree of merges) mergeInto(entries, tree);
      return mapTree(place, entries);
    },
    anchor(name, tree) {
      anchors.set(name, tree);
    },
    alias(place, name) {
      const target = anchors.get(name);
      if (target !== undefined) return target;
      const why = mayQuote(place)
        ? `*${name} has no anchor &${name} that ends before it`
        : 'this begins with *, and no anchor (&) of that name ends before it';
      findings.fault(why, place, 'put quotes round a value that begins with *');
      return scalarTree(place, null);
    },
    finish(tree) {
      if (merged <= MOST_MERGED) return tree;
      findings.fault(`the merges (<<) of this file copy more than ${MOST_MERGED} values`, tree.place);
      return undefined;
    },
  };
}

/** A value that is not written has no place of its own: its key is what a person can look at. */
function atKeyWhenEmpty(tree: Tree, key: Place): Tree {
  return tree.kind === 'scalar' && tree.value === null && !tree.written ? { ...tree, place: key } : tree;
}
