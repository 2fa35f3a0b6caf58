import type { Fact } from './fact.ts';
import type { Destroys, Step } from './step.ts';

/** How long a state may take to become as wanted after its steps, and how often it is looked at. */
export interface Settle {
  /** Seconds until "did not converge"; 0 by default. */
  readonly timeout: number;
  /** Seconds between two looks; 1 by default. */
  readonly interval?: number;
}

/** Why a state is not yet as wanted. */
export interface Stuck {
  readonly reason: string;
  /** True when waiting longer cannot help. */
  readonly final?: boolean;
  /**
   * For trouble that may be of the past, such as failures from before somebody mended their cause: a mark for each
   * piece of it, such as the id of a task that failed. Final when there is one that the state before
   * the task's steps did not show; one that is gone has been overcome.
   */
  readonly finalWhenMore?: readonly string[];
}

/** What a fact would give after a task that check mode did not do; without `state` and `next` it is read again. */
export interface Foreseen {
  readonly fact: Fact<unknown>;
  readonly state?: unknown;
  /** Says by its key which other fact is read again: what an earlier task foresaw of it may not be so any more. */
  readonly undoes?: (key: readonly unknown[]) => boolean;
  /** Makes the state of the one that was foreseen before, where one was: for what several tasks add to. */
  readonly next?: (before: unknown) => unknown;
}

/** Something that stands in the way of a task's steps. */
export interface Obstacle {
  /** What, where and why. */
  readonly why: string;
  /** What the operator can do. */
  readonly hint: string;
  /** Whether the steps are sure to fail for it. One that is not is told by a check, and refused by nobody. */
  readonly isCertain: boolean;
}

/**
 * What a task needs beyond the login on its host:
 *
 * - `play`: what its play says, since it depends on what it works on: with `become`, its commands run as root
 * - `docker`: the Docker Engine's socket, for calls of the Engine API and no command
 * - `user`: nothing; its commands run as the login user in every play
 */
export type Rights = 'play' | 'docker' | 'user';

export interface TaskDefinition<A, S> {
  /** What it does, for people. Annotate the arguments here; everything else is inferred. */
  readonly title: (args: A) => string;
  /** How the thing is now. */
  readonly fact: (args: A) => Fact<S>;
  /** How it should be, given how it is. Pure. Throws `refuse(…)` where the task must not be done. */
  readonly want: (now: S, args: A) => S;
  /** What leads from now to want. Pure. None: there is nothing to do but wait. */
  readonly steps: (now: S, want: S, args: A) => readonly Step[];
  /** Patience after the steps. */
  readonly settle?: (args: A) => Settle;
  /**
   * Says why the state is not as wanted: after each look while it settles, and in check mode where there is nothing
   * to do but wait. The reason of the last look is in the error. Pure.
   */
  readonly stuck?: (now: S, want: S, args: A) => Stuck | undefined;
  /** States of other facts that follow when this one is as wanted, for what check mode shows of later tasks. Pure. */
  readonly foresees?: (now: S, want: S, args: A) => readonly Foreseen[];
  /**
   * What nobody knows any more behind this task, besides its own fact, where a check cannot know what it does because
   * its fact is unknown. Pure.
   */
  readonly obscures?: (args: A) => readonly Foreseen[];
  /**
   * What its steps may destroy, in words, where a check cannot know whether they will because its fact is unknown: it
   * is shown and agreed to beforehand, as what they surely {@link Destroys destroy} is. Pure. Nothing by default.
   * @example endangers: ({ path }) => path
   */
  readonly endangers?: (args: A) => Destroys;
  /**
   * What stands in the way of the steps beyond what the state tells, where finding out costs more than a look: read
   * only when there are steps to do, before the first of them, in check mode and by an apply alike. Pure; none where
   * there is nothing to look at.
   */
  readonly obstacles?: (now: S, want: S, args: A) => Fact<readonly Obstacle[]> | undefined;
  /** True when there is nothing to observe: the steps are always done, and counted as opaque. */
  readonly opaque?: (args: A) => boolean;
  /** What it needs beyond the login: `play` by default. With less, a play with `become` takes root for less. */
  readonly rights?: Rights;
}

/** How something should be: a value, made by calling what {@link task} returned. */
export interface Task<S> {
  readonly name: string;
  readonly title: string;
  readonly fact: Fact<S>;
  readonly opaque: boolean;
  readonly settle: Settle;
  readonly rights: Rights;
  want(now: S): S;
  steps(now: S, want: S): readonly Step[];
  stuck(now: S, want: S): Stuck | undefined;
  foresees(now: S, want: S): readonly Foreseen[];
  obscures(): readonly Foreseen[];
  endangers(): Destroys;
  obstacles(now: S, want: S): Fact<readonly Obstacle[]> | undefined;
}

/**
 * Makes a task of three small functions: how the thing is, how it should be, and what leads there. The
 * engine decides, shows, performs and verifies.
 * @example
 * export const hostname = task('hostname', {
 *   title: (a: { name: string }) => `hostname ${a.name}`,
 *   fact: () => currentHostname,
 *   want: (_now, a) => a.name,
 *   steps: (_now, want) => [exec(sh`hostnamectl set-hostname ${want}`)],
 * })
 */
export function task<A, S>(name: string, definition: TaskDefinition<A, S>): (args: A) => Task<S> {
  return (args) => ({
    name,
    title: definition.title(args),
    fact: definition.fact(args),
    opaque: definition.opaque?.(args) ?? false,
    settle: definition.settle?.(args) ?? { timeout: 0 },
    rights: definition.rights ?? 'play',
    want: (now) => definition.want(now, args),
    steps: (now, want) => definition.steps(now, want, args),
    stuck: (now, want) => definition.stuck?.(now, want, args),
    foresees: (now, want) => definition.foresees?.(now, want, args) ?? [],
    obscures: () => definition.obscures?.(args) ?? [],
    endangers: () => definition.endangers?.(args),
    obstacles: (now, want) => definition.obstacles?.(now, want, args),
  });
}
