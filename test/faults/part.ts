import type { Report } from './report.ts';

/** One part of the faults made on purpose. It makes its labs itself, and takes them down at any end. */
export type Part = (input: PartInput) => Promise<void>;

export interface PartInput {
  readonly report: Report;
  /** Labs at once, where the cases can be shared. */
  readonly labs: number;
  /** How often, where it is not enumerated. */
  readonly times?: number | undefined;
  /** Begins the random numbers. */
  readonly seed: number;
  /** Numbers of cases; all by default. */
  readonly only?: readonly number[] | undefined;
}
