import type { Happening } from './events.ts';
import { reveal, Secret } from './secret.ts';

/** Replaces known secrets in whatever is about to be told. One for each run. */
export interface Redactor {
  /** Remembers every secret in a value, at any depth. */
  learn(value: unknown): void;
  text(text: string): string;
  event<E extends Happening>(event: E): E;
}

/** Shorter texts would be found by chance in the middle of words. */
const shortest = 4;

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const labels = new Map<string, string>();
  let known: RegExp | undefined;

  // Longest first: a secret may be part of another one.
  const pattern = () => {
    const forms = [...labels.keys()].sort((a, b) => b.length - a.length);
    return new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  };

  function text(input: string): string {
    if (labels.size === 0) return input;
    known ??= pattern();
    return input.replace(known, (form) => labels.get(form) ?? form);
  }

  return {
    text,
    learn(value) {
      for (const found of secretsIn(value)) {
        for (const form of formsOf(reveal(found))) {
          if (form.length < shortest || labels.has(form)) continue;
          labels.set(form, found.toString());
          known = undefined;
        }
      }
    },
    event: (event) => (labels.size === 0 ? event : (mapTexts(event, text) as typeof event)),
  };
}

/** How a secret may look when a host prints it: as it is, line by line, in base64, in JSON, in a URL. */
function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16);
  return [
    secret,
    secret.trim(),
    ...lines,
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ];
}

function secretsIn(value: unknown, seen = new Set<object>()): readonly Secret[] {
  if (value instanceof Secret) return [value];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((item) => secretsIn(item, seen));
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}
