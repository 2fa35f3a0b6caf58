import type { Sample } from './sample.ts';

export interface MeasuredOptions {
  /** The case's folder by default. */
  readonly cwd?: string;
  /** Added to PATH, LANG, HOME and TMPDIR, which are all that a tool sees of the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Exit statuses that are a success; only 0 by default. */
  readonly ok?: readonly number[];
}

/** What is known of a command that was measured, beside what is counted of it. */
export interface Ran {
  /** When it was started: seconds of the clock that `process.hrtime` tells. */
  readonly started: number;
  /** File that holds what it printed, until the next run. */
  readonly output: string;
}

/**
 * Runs a command and measures it with all that it starts, which ends with it.
 * @throws Error with the end of what it printed, where it ends with a status that is no success
 */
export type Measured = (command: readonly [string, ...string[]], options?: MeasuredOptions) => Promise<Ran>;

/** One of the programs that a case compares. */
export interface Tool<Context> {
  /** `dabook` is what the others are compared with. */
  readonly name: string;
  /** Before each run, not measured: such as to put the hosts back into their starting state. */
  prepare?(context: Context): Promise<void>;
  /**
   * One run. Where it starts commands through `measured`, their wall time, processor time and memory are
   * what counts; where it starts none, its own wall time is. What it gives back replaces what was measured.
   */
  run(context: Context, measured: Measured): Promise<void> | Promise<Partial<Sample>>;
  /** After each run, not measured: throws unless the tool has done its work. Must not ask the tool. */
  verify?(context: Context): Promise<void>;
  /** The most runs of it, whatever `--runs` says. For a tool that takes minutes. */
  readonly runs?: number;
  /** False where the first run counts, for a tool that takes minutes. By default one run goes before that does not. */
  readonly rehearsed?: boolean;
}

/** What is wanted. Compared are the medians of `measure`, `seconds` by default, of the tool `of`, `dabook` by default. */
export type Wanted = { readonly measure?: keyof Sample; readonly of?: string } & (
  | {
      readonly against: string;
      /** The peer takes at least so many times what dabook takes. */
      readonly atLeast: number;
    }
  | {
      readonly against: string;
      /** dabook takes at most so many times what the peer takes. */
      readonly atMost: number;
    }
  | {
      readonly against: string;
      /** dabook takes at most so much more than the peer, in the measure's unit. */
      readonly atMostPlus: number;
    }
  | {
      /** dabook takes at most so much, in the measure's unit. */
      readonly atMost: number;
      readonly against?: undefined;
    }
);

/** A case of the benchmark: one job, done by dabook and by its peers in turn. */
export interface Case<Context> {
  /** Its file's name. */
  readonly name: string;
  readonly title: string;
  readonly wanted: readonly Wanted[];
  /** Interleaved runs of each tool; 5 by default. */
  readonly runs?: number;
  /**
   * `own` (by default): it runs in a network, a process and a mount namespace of its own, in which nothing but
   * loopback is there. `machine`: it sees to its network itself.
   */
  readonly network?: 'own' | 'machine';
  /** Makes what all runs share. `folder` is a new empty one, removed afterwards. */
  setUp(folder: string): Promise<Context>;
  readonly tools: readonly Tool<Context>[];
  /**
   * Done around the first run of each tool, to count what travels. That run goes before the measured ones and is
   * not one of them, so counting may cost something.
   */
  counted?(context: Context, run: () => Promise<void>): Promise<Partial<Sample>>;
  /** Also called after a run that failed. */
  tearDown?(context: Context): Promise<void>;
}

/**
 * Makes a case; the default export of `test/bench/<name>.ts`, which `cases.ts` names.
 * @example
 * export default defineCase({
 *   name: 'start', title: 'dabook --version', wanted: [{ against: 'node', atMost: 1.5 }],
 *   setUp: async () => ({}),
 *   tools: [
 *     { name: 'dabook', run: (_, measured) => measured(['node', 'bin/dabook.cjs', '--version']) },
 *     { name: 'node', run: (_, measured) => measured(['node', '-e', '0']) },
 *   ],
 * })
 */
export function defineCase<Context>(definition: Case<Context>): Case<Context> {
  return definition;
}
