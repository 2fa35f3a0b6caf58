import { Secret } from './secret.ts';

/** Every secret in a value, at any depth; what is in several places of it, once. */
export function secretsIn(value: unknown, seen = new Set<object>()): readonly Secret[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  if (value instanceof Secret) return [value];
  return Object.values(value).flatMap((item) => secretsIn(item, seen));
}
