import { deepestYaml } from '../yaml-nesting.ts';
import type { Findings } from './findings.ts';
import type { Place } from './place.ts';
import { type Entry, listTree, mapTree, scalarTree, type Tree } from './tree.ts';

/**
 * The tree of a value that a module computed. Every part stands at `place`; a key without a value
 * (`undefined`) is left out; a class instance, such as a secret, is passed on as it is.
 */
export function valueTree(value: unknown, place: Place, findings: Findings): Tree {
  const above = new Set<unknown>();

  function treeOf(part: unknown, path: string): Tree {
    if (typeof part === 'function' || typeof part === 'symbol') {
      findings.fault(`${path || 'the value'} is a ${typeof part}, which is no inventory value`, place);
      return scalarTree(place, null);
    }
    if (!Array.isArray(part) && !isRecord(part)) return scalarTree(place, part);
    if (above.has(part)) {
      findings.fault(`${path} contains itself`, place);
      return scalarTree(place, null);
    }
    if (above.size >= deepestYaml) {
      findings.fault(`${path.slice(0, 60)}… is nested too deeply to be read`, place);
      return scalarTree(place, null);
    }
    above.add(part);
    const tree = Array.isArray(part)
      ? listTree(
          place,
          part.map((item, index) => treeOf(item, `${path}[${index}]`)),
        )
      : mapTree(place, new Map(entriesOf(part, path)));
    above.delete(part);
    return tree;
  }

  function* entriesOf(part: object, path: string): Generator<[string, Entry]> {
    for (const [key, item] of Object.entries(part)) {
      if (item === undefined) continue;
      yield [key, { key: place, tree: treeOf(item, path ? `${path}.${key}` : key) }];
    }
  }

  return treeOf(value, '');
}

function isRecord(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // not only Object.prototype: a module may have been run in a context of its own
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
