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
    event(event) {
      if (known.size === 0) return event;
      const told = mapTexts(event, known.replaceIn) as typeof event;
      if (!('fault' in told) || told.fault === undefined) return told;
      // It quotes the last lines of what a command said, which may begin in the middle of a secret.
      return { ...told, fault: mapTexts(told.fault, known.replaceAtEnds) };
    },
  };
}

/**
 * How a secret may look when a host prints it: as it is, line by line, in base64 (as part of a longer text, too), in
 * JSON, in a URL, and as shells quote it.
 */
function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 16);
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.trim(),
    ...lines,
    ...inBase64(bytes),
    JSON.stringify(secret).slice(1, -1),
    ...inUrls(bytes.toString()),
    ...quoted(secret),
  ];
}

/** Whole; and what is the same in it whatever stands before and after, as in `user:password` of an HTTP header. */
function inBase64(bytes: Buffer): readonly string[] {
  const within = [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    const first = before === 0 ? 0 : before + 1;
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const part = all.slice(first, last);
    return part.length < 12 ? [] : [part, part.replaceAll('-', '+').replaceAll('_', '/')];
  });
  return [bytes.toString('base64'), bytes.toString('base64url'), ...within];
}

/** Of the bytes as a host has them: half a character is no part of a URL. */
function inUrls(text: string): readonly string[] {
  const usual = encodeURIComponent(text);
  const strict = usual.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const lower = (url: string) => url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const forms = [usual, strict, strict.replaceAll('%20', '+')];
  return [...forms, ...forms.map(lower)];
}

/** In single quotes, in double quotes, in `$'…'`, and with a backslash before each character that a shell knows. */
function quoted(text: string): readonly string[] {
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll(/["$`\\]/g, '\\$&'),
    text.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
    text.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
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
