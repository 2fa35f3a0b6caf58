import { SecretValue } from '../secret.ts';
import type { Place } from './place.ts';

/** Where the text of a secret is got. */
export type SecretSource =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'exec'; readonly words: readonly string[] }
  | { readonly from: 'vault'; readonly text: string };

/** What a late secret is read from. */
export interface LateSource {
  readonly source: SecretSource;
  /** What relative paths start from, and where a program runs: that of the file that names it. */
  readonly folder: string;
  /** Where it is named. */
  readonly place: Place;
  /** What it is called in messages. */
  readonly shown: string;
}

/** A secret that an inventory names, and that is read only when a run needs it. */
export class LateSecret extends SecretValue {
  readonly #late: LateSource;
  readonly #keep: (text: string) => void;

  constructor(label: string, late: LateSource) {
    let kept: string | undefined;
    super(label, () => kept);
    this.#late = late;
    this.#keep = (text) => {
      kept = text;
    };
  }

  static sourceOf(secret: LateSecret): LateSource {
    return secret.#late;
  }

  /** Gives it its text, for everybody who holds it. */
  static fill(secret: LateSecret, text: string): void {
    secret.#keep(text);
  }
}
