import { inspect } from 'node:util';
import { DabookError } from './errors.ts';

/**
 * A value that must not be shown: it prints as `<label>` wherever it ends up. Its text leaves it only
 * through {@link reveal}, which the engine calls for stdin and for the body of an Engine API call.
 */
export class Secret<Label extends string = string> {
  readonly label: Label;
  readonly #text: string | (() => string | undefined);

  /** @param text or what gives it once it has been read: nothing before */
  constructor(label: Label, text: string | (() => string | undefined)) {
    this.label = label;
    this.#text = text;
  }

  toString(): string {
    return `<${this.label}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** Not for tasks and playbooks: see {@link reveal}. */
  static textOf(secret: Secret): string | undefined {
    return typeof secret.#text === 'string' ? secret.#text : secret.#text();
  }
}

/**
 * Makes a secret of a text.
 * @param label what it is, shown in its place: `<label>`
 * @example const password = secret('database password', text)
 */
export function secret<const Label extends string>(label: Label, text: string): Secret<Label> {
  return new Secret(label, text);
}

/** The text of a secret. Only the engine and the transports call it. */
export function reveal(value: Secret): string {
  const text = Secret.textOf(value);
  if (text === undefined) throw new DabookError('bug', `the secret ${value} is used before it was read`);
  return text;
}

/** Whether the text of a secret is known: one that stands elsewhere is read when a run needs it. */
export function isRead(value: Secret): boolean {
  return Secret.textOf(value) !== undefined;
}
