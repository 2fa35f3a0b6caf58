import type { Fact } from '../../fact.ts';

/** A host as far as it is only asked: what a playbook holds is one. */
export interface FactReader {
  /** Its name in the inventory. */
  readonly name: string;
  read<S>(fact: Fact<S>): Promise<S>;
}
