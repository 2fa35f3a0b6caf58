import type { Json } from './events.ts';
import { Secret } from './secret.ts';
import { Unknown } from './unknown.ts';

/** Any value as text for people: secrets as their label, unknowns as "(known after apply)". */
export function show(value: unknown): string {
  const shown = showable(value);
  return typeof shown === 'string' ? shown : JSON.stringify(shown);
}

/** Any value as plain JSON that may be shown: secrets and unknowns are replaced, at any depth. */
export function showable(value: unknown): Json {
  if (value instanceof Secret) return value.toJSON();
  if (value instanceof Unknown) return value.toJSON();
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(showable);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, showable(item)]));
  }
  return String(value);
}
