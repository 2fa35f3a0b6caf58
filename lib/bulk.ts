import type { Ask } from './fact.ts';

/** A question that costs less when it is asked for many things at once. */
export interface Bulk<Q extends string, A> {
  /** Answers in the order of the questions. */
  readonly read: (ask: Ask, questions: readonly Q[]) => Promise<readonly A[]>;
}

/**
 * Makes a question that is asked for many things at once: what the facts of one host ask of it in one tick is one
 * call of `read`, with each question once. Declare it at the top level of a module: it is told apart by identity.
 * @param read what it throws, all of the questions get; what is wrong with one of them belongs into its answer
 * @example
 * const sizes = bulk(async (ask, paths) => {
 *   const { stdout } = await ask.sh(sh`wc -c ${paths}`)
 *   return paths.map((_path, index) => Number.parseInt(stdout.split('\n')[index] ?? '', 10))
 * })
 * const size = fact({ key: ['size', path], read: (ask) => ask.bulk(sizes, path) })
 */
export function bulk<A, Q extends string = string>(read: Bulk<Q, A>['read']): Bulk<Q, A> {
  return { read };
}
