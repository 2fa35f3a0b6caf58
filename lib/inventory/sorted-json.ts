import { visibleJson } from '../visible.ts';
import { setKey } from './set-key.ts';

/** JSON with sorted keys and four blanks of indentation, as `ansible-inventory` prints it. Secrets show their label. */
export function sortedJson(value: unknown): string {
  return visibleJson(JSON.stringify(sorted(value), null, 4));
}

/** Sorted beforehand: a function that JSON.stringify calls for each value costs as much as all the rest. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  if ('toJSON' in value && typeof value.toJSON === 'function') return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    setKey(copy, key, sorted((value as Record<string, unknown>)[key]));
  }
  return copy;
}
