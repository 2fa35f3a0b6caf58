import { type Replacing, toldEvent, toldFaults, toldForm } from './event-texts.ts';
import type { Happening } from './events.ts';
import type { Form } from './form.ts';
import type { InputFault } from './input-fault.ts';
import { createKnownTexts } from './known-texts.ts';
import { mapTexts } from './map-texts.ts';
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
  /** A text of which the beginning or the end may have been cut off, in the middle of a secret. */
  cutOff(text: string): string;
  /** The free texts in an event: what it says by its structure, and of which host, stays as it is. */
  event<E extends Happening>(event: E): E;
  /** What is wrong with the input. */
  faults(faults: readonly InputFault[]): readonly InputFault[];
  /** Anything at all, such as what a playbook has thrown: the texts in it, at any depth. */
  value(value: unknown): unknown;
  /** A form as the operator is shown it: the names of its questions stay as they are. */
  form(form: Form): Form;
}

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const known = createKnownTexts();
  // The same secret comes with each state and each step of each host that holds it.
  const learned = new WeakSet<Secret>();
  const learnedTexts = new Set<string>();

  const playTitles = new Map<string, string>();
  const replacing: Replacing = {
    ...known,
    playTitle(title) {
      const told = playTitles.get(title) ?? known.replaceIn(title);
      playTitles.set(title, told);
      return told;
    },
  };

  return {
    text: known.replaceIn,
    value: (value) => mapTexts(value, known),
    faults: (faults) => toldFaults(faults, replacing),
    form: (form) => toldForm(form, replacing),
    event: (event) => toldEvent(event, replacing),
    cutOff: (text) => (known.size === 0 ? text : known.replaceAtEnds(known.replaceIn(text))),
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
  };
}
