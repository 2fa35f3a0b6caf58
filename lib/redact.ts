import type { Happening } from './events.ts';
import type { Form } from './form.ts';
import { createKnownTexts } from './known-texts.ts';
import { isRead, reveal, type Secret } from './secret.ts';
import { secretForms } from './secret-forms.ts';
import { partsOf } from './secret-text.ts';
import { secretsIn } from './secrets-in.ts';
import { show } from './show.ts';

/** Replaces known secrets in whatever is about to be told. One for each run. */
export interface Redactor {
  /** Remembers every secret in a value, at any depth. */
  learn(value: unknown): void;
  text(text: string): string;
  event<E extends Happening>(event: E): E;
  /** Any plain value, such as a list of faults: the texts in it, at any depth. */
  value<T>(value: T): T;
  /** A form as the operator is shown it: the names of its questions stay as they are. */
  form(form: Form): Form;
}

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const known = createKnownTexts();
  // The same secret comes with each state and each step of each host that holds it.
  const learned = new WeakSet<Secret>();
  const learnedTexts = new Set<string>();

  const inside = <T>(value: T): T => (known.size === 0 ? value : (mapTexts(value, known.replaceIn) as T));

  return {
    text: known.replaceIn,
    value: inside,
    form: (form) => ({
      ...form,
      ...inside({ title: form.title, checklist: form.checklist, problem: form.problem }),
      questions: form.questions.map(({ name, ...question }) => ({ name, ...inside(question) })),
    }),
    learn(value) {
      for (const found of secretsIn(value)) {
        // What this run does not read, it cannot tell.
        if (learned.has(found) || !isRead(found)) continue;
        learned.add(found);
        const text = reveal(found);
        // Of an encrypted file every value is a secret: these words would be found everywhere, and tell nothing.
        if (learnedTexts.has(text) || /^(true|false|null)$/i.test(text)) continue;
        learnedTexts.add(text);
        const parts = partsOf(found).map(reveal);
        // Around a password in a file of settings there are lines that tell nothing of it.
        const isTelling = (line: string) => parts.length === 0 || parts.some((part) => line.includes(part));
        for (const form of secretForms(text, isTelling)) known.add(form, show(found));
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

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [change(key), mapTexts(item, change)]),
  );
}
