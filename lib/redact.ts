import type { Happening } from './events.ts';
import { createKnownTexts } from './known-texts.ts';
import { isRead, reveal, type Secret } from './secret.ts';
import { secretsIn } from './secrets-in.ts';

/** Replaces known secrets in whatever is about to be told. One for each run. */
export interface Redactor {
  /** Remembers every secret in a value, at any depth. */
  learn(value: unknown): void;
  text(text: string): string;
  event<E extends Happening>(event: E): E;
}

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const known = createKnownTexts();
  // The same secret comes with each state and each step of each host that holds it.
  const learned = new WeakSet<Secret>();
  const learnedTexts = new Set<string>();

  return {
    text: known.replaceIn,
    learn(value) {
      for (const found of secretsIn(value)) {
        // What this run does not read, it cannot tell.
        if (learned.has(found) || !isRead(found)) continue;
        learned.add(found);
        const text = reveal(found);
        // Of an encrypted file every value is a secret: these words would be found everywhere, and tell nothing.
        if (learnedTexts.has(text) || /^(true|false|null)$/i.test(text)) continue;
        learnedTexts.add(text);
        for (const form of formsOf(text)) known.add(form, found.toString());
      }
    },
    event: (event) => (known.size === 0 ? event : (mapTexts(event, known.replaceIn) as typeof event)),
  };
}

/** How a secret may look when a host prints it: as it is, line by line, in base64, in JSON, in a URL. */
function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16);
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.trim(),
    ...lines,
    bytes.toString('base64'),
    JSON.stringify(secret).slice(1, -1),
    // Of the bytes as a host has them: half a character is no part of a URL.
    encodeURIComponent(bytes.toString()),
  ];
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}
