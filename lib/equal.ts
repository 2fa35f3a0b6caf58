import { DabookError } from './errors.ts';
import { reveal, Secret } from './secret.ts';
import { Unknown } from './unknown.ts';

/**
 * Whether two states are the same: by value, at any depth; a property that is undefined is the same as
 * one that is missing; secrets by their text; an unknown only equals an unknown.
 */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && reveal(a) === reveal(b);
  }
  if (a instanceof Unknown || b instanceof Unknown) return a instanceof Unknown && b instanceof Unknown;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
    );
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  refuseOdd(a);
  refuseOdd(b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal(a[key], b[key]));
}

/** A Map, a Set or a Date has no properties to compare, and would be equal to any other one. */
function refuseOdd(value: object): void {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return;
  const name = prototype.constructor?.name ?? 'object of a class';
  throw new DabookError('playbook', `a state holds a ${name}, which cannot be compared`, {
    hint: 'let facts give plain objects, lists, texts, numbers and booleans',
  });
}

/** True for an object with named properties: no list, no secret, no unknown. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown)
  );
}
