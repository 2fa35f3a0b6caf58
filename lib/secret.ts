import { inspect } from 'node:util';

/**
 * A value that must not be shown: it prints as `<label>` wherever it ends up. Its text leaves it only
 * through {@link reveal}, which the engine calls for stdin and for the body of an Engine API call.
 */
export class Secret<Label extends string = string> {
  readonly label: Label;
  readonly #text: string;

  constructor(label: Label, text: string) {
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
  static textOf(secret: Secret): string {
    return secret.#text;
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
  return Secret.textOf(value);
}
