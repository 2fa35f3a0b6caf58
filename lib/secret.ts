import { inspect } from 'node:util';
import { DabookError } from './errors.ts';

declare const shape: unique symbol;

/** What a {@link Secret} is when it runs. */
export class SecretValue<Label extends string = string, Shape extends string = 'object'> {
  /** For messages, such as those of a schema. */
  static readonly name = 'Secret';
  /** For the compiler alone: it keeps the two kinds of {@link Secret} apart. */
  declare readonly [shape]?: Shape;
  readonly label: Label;
  readonly #text: string | (() => string | undefined);

  /** @param text or what gives it once it has been read: nothing before */
  constructor(label: Label, text: string | (() => string | undefined)) {
    this.label = label;
    this.#text = text;
  }

  toJSON(): string {
    return `<${this.label}>`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** Refuses: its label in place of its text would be sent to a host, and nobody would see it. */
  toString(): never {
    throw notText(this);
  }

  [Symbol.toPrimitive](): never {
    throw notText(this);
  }

  /** Not for tasks and playbooks: see {@link reveal}. */
  static textOf(secret: SecretValue<string, string>): string | undefined {
    return typeof secret.#text === 'string' ? secret.#text : secret.#text();
  }
}

/**
 * A value that must not be shown: it prints as `<label>`, and cannot be put into a text. Its text leaves it only
 * through {@link reveal}, which the engine calls for stdin and for the body of an Engine API call. `secretText` puts
 * it into a larger text, which is a secret again; `show` gives its label.
 *
 * What is half a symbol to the compiler compiles in no template and beside no `+`. It is the other half that `instanceof`
 * goes by.
 */
export type Secret<Label extends string = string> =
  | SecretValue<Label>
  | (symbol & SecretValue<Label, 'symbol'>);

interface SecretClass {
  new <Label extends string>(label: Label, text: string | (() => string | undefined)): Secret<Label>;
  [Symbol.hasInstance](value: unknown): value is Secret;
}

export const Secret = SecretValue as unknown as SecretClass;

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
  const text = SecretValue.textOf(value);
  if (text === undefined)
    throw new DabookError('bug', `the secret ${value.toJSON()} is used before it was read`);
  return text;
}

/** Whether the text of a secret is known: one that stands elsewhere is read when a run needs it. */
export function isRead(value: Secret): boolean {
  return SecretValue.textOf(value) !== undefined;
}

function notText(value: SecretValue<string, string>): DabookError {
  return new DabookError('playbook', `the secret ${value.toJSON()} cannot be put into a plain text`, {
    hint: 'secretText`password=${password}` makes a larger text that is a secret, too; show(password) gives its label',
  });
}
