import { equal } from '../../lib/equal.ts';
import { Unknown } from '../../lib/unknown.ts';

/** @throws Error with both where they are not the same */
export function expectEqual(wanted: unknown, found: unknown, what: string): void {
  if (equal(wanted, found)) return;
  throw new Error(
    `${what}\n${JSON.stringify(wanted, undefined, 1)}\n---\n${JSON.stringify(found, undefined, 1)}`,
  );
}

/** Holds the state that check mode foresaw against what was there in the end: what was unknown may be anything. */
export function expectFulfilled(wanted: unknown, found: unknown, beyond: RegExp, path = ''): void {
  if (wanted instanceof Unknown || beyond.test(path)) return;
  // A new file is the writing user's, whoever that is.
  if (wanted === undefined && /(^|\.)(owner|group)$/.test(path)) return;
  // The id of what is made is told behind its name: `s_key 0:0 0444 (f3k…)`.
  if (typeof wanted === 'string' && typeof found === 'string' && found.startsWith(`${wanted} (file`)) return;
  if (!isRecord(wanted) || !isRecord(found)) {
    expectEqual(wanted, found, `what check mode foresaw of ${path || 'it'} is not so`);
    return;
  }
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
    expectFulfilled(wanted[key], found[key], beyond, path === '' ? key : `${path}.${key}`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
