import type fc from 'fast-check';
import type { Test } from 'tap';
import { holds } from '../tried.ts';
import { type Truth, truthful } from './truthful.ts';

/** Tries a task on random models. */
export type TruthIn = (t: Test, name: string) => Promise<unknown>;

/**
 * A task on random models: what check mode tells of it has to be true.
 * @param usual how many there are in `npm test`
 */
export function truthIn<V>(values: fc.Arbitrary<V>, truth: (value: V) => Truth, usual = 15): TruthIn {
  return async (t, name) => {
    const outcomes: Record<string, number> = {};
    await holds(
      t,
      `${name}: check mode tells the truth on a model`,
      values,
      async (value) => {
        const outcome = await truthful(truth(value));
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      },
      usual,
    );
    t.comment(`${name}: ${JSON.stringify(outcomes)}`);
    t.ok(
      Object.keys(outcomes).some((outcome) => outcome !== 'refused'),
      `${name}: not all of it is refused`,
    );
  };
}
