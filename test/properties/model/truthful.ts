import type { Host } from '../../../lib/host.ts';
import type { Task } from '../../../lib/task.ts';
import { lawful } from '../laws.ts';
import { expectEqual, expectFulfilled } from '../truth.ts';
import { impatient, onModel } from './on-model.ts';
import { seen, type World } from './world.ts';

export interface Truth {
  readonly world: World;
  /** The host that it is run on. */
  readonly on: string;
  /** Makes the task; anew for each run, as playbooks do. @param read what a fact on some host gives */
  readonly task: (hosts: Readonly<Record<string, Host>>) => Task<unknown> | Promise<Task<unknown>>;
  /** Paths of what in the state the Engine alone can tell, such as its counters, and of what the task does not look after. */
  readonly beyond?: RegExp;
  /** Whether the model cannot bring it about, such as tasks of a service that no node may run. */
  readonly isHopeless?: (world: World) => boolean;
  /** What of the world the task must leave alone. */
  readonly apart?: (world: World) => unknown;
}

/**
 * On a model of swarms, by the real engine: check mode changes nothing and names what the run does; the run leaves what check
 * mode foresaw, or refuses with the same words; and a second run changes nothing.
 * @returns what came of it, so that it can be seen that not all of it was refused
 */
export async function truthful(truth: Truth): Promise<'changed' | 'ok' | 'refused' | 'hopeless'> {
  const { world, on, task, beyond = /^$(?!)/, apart = () => undefined } = truth;
  const run = (check: boolean) =>
    onModel(
      world,
      async (all) => {
        const hosts = Object.fromEntries(all.map((host) => [host.name, host]));
        const host = hosts[on] as Host;
        const made = impatient(await task(hosts));
        const found = check ? await host.read(made.fact) : undefined;
        const { state } = await host.run(made);
        return { found, state, made };
      },
      { check },
    );
  const before = seen(world);
  const untouched = apart(structuredClone(world));

  const foreseen = await run(true);
  expectEqual(before, seen(world), 'check mode has changed something');
  if (foreseen.result !== undefined) {
    await lawful({ task: foreseen.result.made, now: foreseen.result.found });
  }

  const done = await run(false);
  if (foreseen.error !== undefined) {
    expectEqual(foreseen.error.message, done.error?.message, 'the run ends with other words than the check');
    expectEqual(before, seen(world), 'a run that was refused has changed something');
    return 'refused';
  }
  // What comes after the first round follows from what that round left, and is planned by the run alone.
  const planned = done.changes.slice(0, foreseen.changes.length);
  expectEqual(foreseen.changes, planned, 'the run changes other things than the check has named');
  expectEqual(
    foreseen.planned,
    done.planned.slice(0, foreseen.planned.length),
    'other steps than those named',
  );
  if (done.error !== undefined) {
    if (done.error.code === 'not-converged' && truth.isHopeless?.(world)) return 'hopeless';
    throw new Error(`${done.error.message}: ${done.error.hint}`);
  }
  if (foreseen.planned.length === 0)
    expectEqual(before, seen(world), 'something was done that no check has named');
  expectFulfilled(foreseen.result?.state, done.result?.state, beyond);
  expectEqual(
    untouched,
    apart(structuredClone(world)),
    'something was changed that is not the task’s business',
  );

  const after = seen(world);
  const again = await run(false);
  if (again.error !== undefined) throw again.error;
  expectEqual([], again.performed, 'a second run does something');
  expectEqual(after, seen(world), 'a second run changes something');
  return foreseen.planned.length === 0 ? 'ok' : 'changed';
}
