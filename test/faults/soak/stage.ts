/** What a part of the soak is given: a machine of its own, as far as its hosts can tell. */
export interface Stage {
  /** An empty folder of its own, removed afterwards. */
  readonly folder: string;
  /** Fewer runs and hosts, for `npm test`. */
  readonly short: boolean;
  /** What chance is made of: the same one gives the same faults. */
  readonly seed: number;
  /** Does a case. What it gives is printed beside its title; what it throws fails it, and the others go on. */
  check(title: string, work: () => Promise<string>): Promise<void>;
}

/** A part of the soak; the default export of its file. */
export type Part = (stage: Stage) => Promise<void>;

/** @throws Error with what is wrong, where it is */
export function expect(isTrue: boolean, wrong: () => string): void {
  if (!isTrue) throw new Error(wrong());
}
