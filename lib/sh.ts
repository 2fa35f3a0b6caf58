import { DabookError } from './errors.ts';
import { posixQuote } from './posix-quote.ts';
import { Secret } from './secret.ts';
import { show } from './show.ts';
import { Unknown } from './unknown.ts';

/** A POSIX shell command. Made by {@link sh}; its text is what is shown and what is run. */
export class Command {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** What may stand in a command: texts and numbers are quoted, lists become words, commands stay as they are. */
export type Word = string | number | Command | readonly (string | number)[];

/**
 * A shell command of a template: everything put into it is quoted for a POSIX shell, so that no value
 * can end its word. A secret does not fit: it would be seen in the host's process list; give it as the
 * step's `stdin` instead.
 * @throws DabookError `playbook` for a secret or an unknown that the types did not see, and for a NUL byte
 * @example sh`docker stack rm ${name}`
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Word[]): Command {
  const text = strings.reduce((all, part, i) => all + quoted(values[i - 1]) + part);
  return new Command(text);
}

function quoted(value: Word | undefined): string {
  if (value instanceof Command) return value.text;
  if (Array.isArray(value)) return value.map(quoted).join(' ');
  if (typeof value === 'string') return posixQuote(value);
  if (typeof value === 'number') return String(value);
  throw new DabookError('playbook', `${describe(value)} cannot be put into a command`, {
    hint: 'give a secret as stdin; make other values a string first',
  });
}

function describe(value: unknown): string {
  if (value instanceof Secret) return `the secret ${show(value)}`;
  if (value instanceof Unknown) return `${value.what} (known after apply)`;
  return typeof value;
}
