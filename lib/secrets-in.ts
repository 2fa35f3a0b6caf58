import { Secret } from './secret.ts';
import { partsOf } from './secret-text.ts';

/** Every secret in a value, at any depth, those that a secret text is made of, too; what is in several places of it, once. */
export function secretsIn(value: unknown): readonly Secret[] {
  const seen = new Set<object>();
  const found: Secret[] = [];

  // Of a value for each of ten thousand hosts: no list is made on the way.
  function visit(part: unknown): void {
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    if (part instanceof Secret) {
      found.push(part);
      visit(partsOf(part));
    } else if (Array.isArray(part) || part instanceof Set) for (const item of part) visit(item);
    else if (part instanceof Map)
      for (const [key, item] of part) {
        visit(key);
        visit(item);
      }
    else for (const key of Object.keys(part)) visit((part as Record<string, unknown>)[key]);
  }

  visit(value);
  return found;
}
