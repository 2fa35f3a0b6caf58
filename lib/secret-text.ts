import { DabookError } from './errors.ts';
import { isRead, reveal, type Secret, SecretValue } from './secret.ts';
import { show } from './show.ts';
import { Unknown } from './unknown.ts';

/** How many labels of what is in it the label of a text names. */
const mostNamed = 3;

class SecretText extends SecretValue {
  readonly #parts: readonly Secret[];

  constructor(pieces: readonly (string | Secret)[]) {
    const parts = [...new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : leavesOf(piece))))];
    super(labelOf(parts), () =>
      parts.every(isRead)
        ? pieces.map((piece) => (typeof piece === 'string' ? piece : reveal(piece))).join('')
        : undefined,
    );
    this.#parts = parts;
  }

  static partsOf(text: SecretText): readonly Secret[] {
    return text.#parts;
  }
}

/**
 * A text with secrets in it, such as a file of settings, which is itself a secret: called after them, opaque and shown
 * nowhere, nor are they. Texts and numbers are put into it as they are: nothing is quoted.
 * @throws DabookError `playbook` for anything else that the types did not see, such as an unknown
 * @example copyFile({ dest: '/etc/app.conf', content: secretText`user=app\npassword=${vars.db_password}\n` })
 */
export function secretText(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Secret)[]
): Secret {
  return new SecretText(strings.flatMap((text, i) => (i === 0 ? [text] : [pieceOf(values[i - 1]), text])));
}

/** The secrets that a text was made of; none of a secret that is not made of others. */
export function partsOf(value: Secret): readonly Secret[] {
  return value instanceof SecretText ? SecretText.partsOf(value) : [];
}

function leavesOf(value: Secret): readonly Secret[] {
  return value instanceof SecretText ? SecretText.partsOf(value) : [value];
}

function labelOf(parts: readonly Secret[]): string {
  const labels = [...new Set(parts.map(({ label }) => label))];
  if (labels.length === 0) return 'secret text';
  const more = labels.length - mostNamed;
  return `text with ${labels.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function pieceOf(value: unknown): string | Secret {
  if (typeof value === 'string' || value instanceof SecretValue) return value;
  if (typeof value === 'number') return String(value);
  const shown = value === undefined ? 'undefined' : show(value);
  const what = value instanceof Unknown ? `${value.what} ${shown}` : shown;
  throw new DabookError('playbook', `${what} cannot be put into a secret text`, {
    hint: 'give texts, numbers and secrets; of what is known after apply only, ask isKnown(value) first',
  });
}
