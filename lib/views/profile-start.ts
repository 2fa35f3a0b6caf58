import type { Stretch } from './profile-span.ts';

/** A part of what comes before a run; parts may overlap. */
export interface Phase extends Stretch {
  readonly name: string;
}

/** What came before a run, in milliseconds of the clock that the events' `at` is of. */
export interface StartUp {
  /** When the process began. */
  readonly start: number;
  readonly phases: readonly Phase[];
}
