import type { Place } from './place.ts';
import { setKey } from './set-key.ts';

/** A value of an inventory together with where every part of it stands. */
export type Tree = ScalarTree | ListTree | MapTree;

interface Part {
  readonly place: Place;
  /** The plain value, shared with the values of the parts. */
  readonly value: unknown;
  /** A template, or a vault value without its tag, is somewhere in it: nobody evaluates it. */
  readonly templated: boolean;
  /** How many values it is once every alias is written out. */
  readonly size: number;
}

export interface ScalarTree extends Part {
  readonly kind: 'scalar';
  /** As written, where it is not a string: `0123` is a password, but not as a number. */
  readonly written?: string | undefined;
}

export interface ListTree extends Part {
  readonly kind: 'list';
  readonly items: readonly Tree[];
}

export interface MapTree extends Part {
  readonly kind: 'map';
  readonly entries: Entries;
}

export interface Entry {
  readonly tree: Tree;
  /** Where the key stands. */
  readonly key: Place;
}

export type Entries = ReadonlyMap<string, Entry>;

/** What to do about a value that cannot be used as it stands. */
export const WRITE_THE_VALUE =
  'write the value itself, give it with -e, or compute the inventory in a module: -i hosts.ts';

/** What keeps a value from being used as it stands, in words; nothing for what can be. */
export function whyNotAsItStands(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\s*\$ANSIBLE_VAULT;/.test(value))
    return 'is encrypted with ansible-vault, and not marked so: write !vault before it';
  return /\{\{|\{%/.test(value) ? 'holds a template, and templates are not evaluated' : undefined;
}

export function scalarTree(place: Place, value: unknown, written?: string): ScalarTree {
  const templated = whyNotAsItStands(value) !== undefined;
  return { kind: 'scalar', place, value, written, templated, size: 1 };
}

export function listTree(place: Place, items: readonly Tree[]): ListTree {
  const size = items.reduce((sum, item) => sum + item.size, 1);
  const templated = items.some((item) => item.templated);
  return { kind: 'list', place, items, value: items.map((item) => item.value), templated, size };
}

export function mapTree(place: Place, entries: Entries): MapTree {
  // made when it is asked for: of ten thousand hosts' mappings only the entries are
  let value: Record<string, unknown> | undefined;
  let size = 1;
  let templated = false;
  for (const { tree } of entries.values()) {
    size += tree.size;
    templated ||= tree.templated;
  }
  return {
    kind: 'map',
    place,
    entries,
    size,
    templated,
    get value() {
      value ??= valuesOf(entries);
      return value;
    },
  };
}

/** The plain values of entries, after those that they are laid over. */
export function valuesOf(
  entries: Entries,
  below: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  // A spread takes over what is named `__proto__` as any other key; Object.assign would make it the prototype.
  const values: Record<string, unknown> = { ...below };
  for (const [name, { tree }] of entries) setKey(values, name, tree.value);
  return values;
}

function* treesOf(entries: Entries): Generator<Tree> {
  for (const { tree } of entries.values()) yield tree;
}

/** The part that a path leads to, or the last part on the way that is there. */
export function partAt(tree: Tree, path: readonly PropertyKey[]): Tree {
  const [step, ...rest] = path;
  if (step === undefined || tree.kind === 'scalar') return tree;
  const next = tree.kind === 'list' ? tree.items[Number(step)] : tree.entries.get(String(step))?.tree;
  return next === undefined ? tree : partAt(next, rest);
}

/** The first part within a tree that cannot be used as it stands. */
export function firstUnread(tree: Tree): ScalarTree | undefined {
  if (!tree.templated) return undefined;
  if (tree.kind === 'scalar') return tree;
  const parts = tree.kind === 'list' ? tree.items : treesOf(tree.entries);
  for (const part of parts) if (part.templated) return firstUnread(part);
  return undefined;
}
