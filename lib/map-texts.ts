import type { KnownTexts } from './known-texts.ts';
import { Secret } from './secret.ts';
import { show } from './show.ts';

/**
 * A value of which nothing is dabook's own, such as a part of a state: with labels for known texts in all texts that are in
 * it, those of its keys included, and for a number that is one as a whole.
 */
export function mapTexts(value: unknown, known: Pick<KnownTexts, 'replaceIn' | 'labelOf'>): unknown {
  // What leads to itself, as an error of a playbook's may, does so in the copy.
  const made = new Map<object, unknown>();

  function map(part: unknown): unknown {
    if (typeof part === 'string') return known.replaceIn(part);
    if (typeof part === 'number' || typeof part === 'bigint') return known.labelOf(String(part)) ?? part;
    if (typeof part !== 'object' || part === null) return part;
    if (part instanceof Secret) return show(part);
    return made.get(part) ?? copy(part);
  }

  function copy(part: object): unknown {
    if (Array.isArray(part)) {
      const list: unknown[] = [];
      made.set(part, list);
      for (const item of part) list.push(map(item));
      return list;
    }
    if (part instanceof Map) {
      const entries = new Map<unknown, unknown>();
      made.set(part, entries);
      for (const [key, item] of part) entries.set(map(key), map(item));
      return entries;
    }
    if (part instanceof Set) {
      const items = new Set<unknown>();
      made.set(part, items);
      for (const item of part) items.add(map(item));
      return items;
    }
    const properties: Record<string, unknown> = {};
    made.set(part, properties);
    for (const [key, item] of Object.entries(part)) {
      // Not assigned: a key may be `__proto__`.
      Object.defineProperty(properties, known.replaceIn(key), {
        value: map(item),
        ...{ enumerable: true, configurable: true, writable: true },
      });
    }
    return properties;
  }

  return map(value);
}
