/** A kind of input: what is well of it, and what dabook has to do with what is not. */
export interface Kind {
  /** Inputs that are well. */
  readonly corpus: readonly Buffer[];
  /** How many of a hundred inputs are of this kind, about. */
  readonly share: number;
  /**
   * Gives dabook one input.
   * @param folder an empty one, for this input alone
   * @returns what was not as it has to be; none where it held
   */
  check(input: Buffer, folder: string): Promise<readonly string[]>;
}

export function buffers(...texts: readonly string[]): readonly Buffer[] {
  return texts.map((text) => Buffer.from(text));
}
