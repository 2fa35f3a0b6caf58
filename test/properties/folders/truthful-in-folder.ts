import type fc from 'fast-check';
import type { Test } from 'tap';
import { equal } from '../../../lib/equal.ts';
import type { Host } from '../../../lib/host.ts';
import type { Task } from '../../../lib/task.ts';
import { clear, type Place } from '../../tasks/prefix/place.ts';
import { snapshotOf } from '../../tasks/prefix/snapshot.ts';
import { lawful } from '../laws.ts';
import { holds } from '../tried.ts';
import { expectEqual, expectFulfilled } from '../truth.ts';
import type { OnPlace } from './on-place.ts';

/** Tries a task on random folders of a place. */
export type TruthInFolder = (t: Test, name: string, on: OnPlace) => Promise<unknown>;

interface Scene {
  /** Makes the starting state in empty folders. */
  readonly prepare: (at: Place, on: OnPlace) => void | Promise<void>;
  /** Makes the task, anew for each run. */
  readonly task: (at: Place, host: Host) => Task<unknown> | Promise<Task<unknown>>;
  /** What of the state only the run can tell. */
  readonly beyond?: RegExp;
  /** What may keep a run from its end that check mode could not know. */
  readonly mayFail?: string;
}

/** A task on random folders. @param usual how many there are in `npm test` */
export function inFolders<V>(values: fc.Arbitrary<V>, scene: (value: V) => Scene, usual = 3): TruthInFolder {
  return async (t, name, on) => {
    const outcomes: Record<string, number> = {};
    await holds(
      t,
      `${name}: check mode tells the truth in a folder`,
      values,
      async (value) => {
        const outcome = await truthfulIn(on, scene(value));
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      },
      usual,
    );
    t.comment(`${name}: ${JSON.stringify(outcomes)}`);
  };
}

async function truthfulIn(
  on: OnPlace,
  { prepare, task, beyond = /^$(?!)/, mayFail }: Scene,
): Promise<'changed' | 'ok' | 'refused' | 'failed'> {
  const { at } = on;
  clear(at);
  await prepare(at, on);
  const run = (check: boolean) =>
    on.run(
      async (host) => {
        const made = await task(at, host);
        const found = check ? await host.read(made.fact) : undefined;
        const { state } = await host.run(made);
        return { made, found, state };
      },
      { check },
    );
  const snapshot = () => snapshotOf(at, () => true);

  const before = await snapshot();
  const foreseen = await run(true);
  expectEqual(before, await snapshot(), 'check mode has changed something');
  if (foreseen.result !== undefined) await lawful({ task: foreseen.result.made, now: foreseen.result.found });

  const done = await run(false);
  if (foreseen.error !== undefined) {
    expectEqual(foreseen.error.message, done.error?.message, 'the run ends with other words than the check');
    expectEqual(before, await snapshot(), 'a run that was refused has changed something');
    return 'refused';
  }
  expectEqual(foreseen.changes, done.changes, 'the run changes other things than the check has named');
  expectEqual(foreseen.planned, done.planned, 'other steps than those named');
  if (done.error !== undefined && done.error.code === mayFail) return 'failed';
  if (done.error !== undefined) throw done.error;
  expectFulfilled(foreseen.result?.state, done.result?.state, beyond);
  const after = await snapshot();
  const isChanged = foreseen.planned.length > 0;
  if (!isChanged) expectEqual(before, after, 'something was done that no check has named');
  if (done.result?.made.opaque) return 'changed';

  const again = await run(false);
  if (again.error !== undefined) throw again.error;
  expectEqual([], again.performed, 'a second run does something');
  if (!equal(after, await snapshot())) throw new Error('a second run changes something');
  return isChanged ? 'changed' : 'ok';
}
