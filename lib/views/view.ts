import type { Event } from '../events.ts';

/** What an operator sees of a run: a function of its events. It knows nothing else of the run. */
export interface View {
  handle(event: Event): void;
  /** Gives the terminal away, so that the operator can be asked something, until what it returns is called. */
  suspend(): () => void;
  /** Gives the terminal back and waits until everything is written. May be called twice. */
  end(): Promise<void> | void;
}

/** Where a view writes: `process.stdout`, a file, or anything else that can be written to. */
export type Output = NodeJS.WritableStream & {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly isTTY?: boolean | undefined;
};

export interface ViewOptions {
  readonly out: Output;
  /** The error stream that shares the terminal with `out`: what is written to it appears above live rows. */
  readonly err?: Output | undefined;
  readonly color: boolean;
  /** Show whole texts as a unified diff, instead of how many of their lines change. */
  readonly diff: boolean;
  /** 0: tasks and changes. 1: steps, too. 2: each command with its status and time, too. */
  readonly verbosity: number;
}
