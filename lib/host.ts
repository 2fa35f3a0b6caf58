import { actingAs } from './acting-as.ts';
import { createAsk, readFact } from './ask.ts';
import { converge, readEarly } from './converge.ts';
import { isChange, type Outcome } from './converging.ts';
import { equal } from './equal.ts';
import type { Fact } from './fact.ts';
import type { PlayOptions } from './play-options.ts';
import { markTold, type RunContext } from './run-context.ts';
import type { Task } from './task.ts';
import { isKnown } from './unknown.ts';
import { whereIn } from './where.ts';

/** A host as a playbook holds it. */
export interface Host<Vars = unknown> {
  /** Its name in the inventory. */
  readonly name: string;
  /** Its variables, as the playbook's schema gave them. */
  readonly vars: Vars;
  /** Every group it is in, outermost first. */
  readonly groups: readonly string[];
  /** True when root may be taken there, for the tasks that need it. */
  readonly become: boolean;
  /** Reads a fact; in check mode as earlier tasks foresaw it. */
  read<S>(fact: Fact<S>): Promise<S>;
  /**
   * Brings a task about, or a list of tasks in order, and gives the state that each left (in check mode:
   * that it foresees). One task at a time runs on a host, whoever asks.
   * @throws DabookError of the first task that failed; those behind it are not begun
   * @example const { state: swarm } = await manager.run(swarmInit({ advertise: manager.vars.ip }))
   */
  run<S>(task: Task<S>): Promise<Result<S, Vars>>;
  run<const T extends readonly Task<unknown>[]>(tasks: T): Promise<Results<T, Vars>>;
  /**
   * Whether one of these tasks would change something as things are, each by itself. An opaque one always would,
   * and what cannot be known before an apply is yet to be done; one with nothing to do but wait would not. Only reads,
   * and does not look for what else may stand in the way of their steps (`obstacles`).
   * @throws DabookError where the state of any of the tasks is refused, as `run` would
   * @example if (await host.due([stackDeploy(stack)])) await host.run(backup({ to: 'backups', paths }))
   */
  due(tasks: readonly Task<unknown>[]): Promise<boolean>;
  /** The same host and connection with other rights. @example await host.as({ become: true }).run(task) */
  as(options: { readonly become: boolean }): Host<Vars>;
}

/** What a task came to on a host. */
export interface Result<S, Vars = unknown> {
  readonly host: Host<Vars>;
  /** True when something was changed; in check mode, when something would be. */
  readonly changed: boolean;
  readonly state: S;
}

export type Results<T extends readonly Task<unknown>[], Vars> = {
  readonly [K in keyof T]: T[K] extends Task<infer S> ? Result<S, Vars> : never;
};

/** What stands behind a host in a playbook's hands. */
export interface HostView<Vars> {
  readonly context: RunContext;
  readonly name: string;
  readonly vars: Vars;
  readonly groups: readonly string[];
  readonly become: boolean;
  /** The play that it is seen from. */
  readonly play?: string | undefined;
  /** Whether the play says that its steps may destroy something. */
  readonly mayDestroy?: boolean | undefined;
}

const viewOf = Symbol('dabook.view');

/** Makes the host that a playbook holds. */
export function createHost<Vars>(view: HostView<Vars>): Host<Vars> {
  const { context, name, vars, groups, become, play, mayDestroy = false } = view;
  const machine = context.machineOf(name);

  async function runList(tasks: readonly Task<unknown>[], where: string | undefined) {
    const mode = context.limit.has(name) ? (context.check ? 'check' : 'apply') : 'read';
    const converging = { ...context, machine, become, mode, play, where, mayDestroy } as const;
    try {
      const early = readEarly(tasks, converging);
      return await machine.exclusively(() => converge(tasks, converging, early));
    } catch (error) {
      markTold(context, error);
      throw error;
    }
  }

  const toResult = (outcome: Outcome) => ({
    host,
    changed: isChange(outcome),
    state: outcome.state,
  });

  // One implementation serves both signatures of `run`: a task gives a result, a list gives a list.
  async function run(tasks: Task<unknown> | readonly Task<unknown>[], where: string | undefined) {
    if (isList(tasks)) return (await runList(tasks, where)).map(toResult);
    const [outcome] = await runList([tasks], where);
    return outcome && toResult(outcome);
  }

  async function read<S>(fact: Fact<S>, as: ReturnType<typeof actingAs> = { become }): Promise<S> {
    const state = await readFact(fact, createAsk(machine, as), machine);
    context.redactor.learn(state);
    return state;
  }

  async function due(tasks: readonly Task<unknown>[]): Promise<boolean> {
    const states = await Promise.all(tasks.map((task) => read(task.fact, actingAs(task, view))));
    // All of them, as each may refuse.
    const dues = tasks.map((task, index) => {
      const now = states[index];
      if (!isKnown(now)) return true;
      const want = task.want(now);
      return task.opaque || (!equal(now, want) && task.steps(now, want).length > 0);
    });
    return dues.includes(true);
  }

  // Not async themselves: the very promise that the playbook gets is the one that is tracked.
  const tracked = <T>(work: (where: string | undefined) => Promise<T>): Promise<T> => {
    const where = whereIn(new Error().stack, context.cwd);
    return context.underWay.track(work(where), where);
  };

  const host: Host<Vars> & { readonly [viewOf]: HostView<Vars> } = {
    name,
    vars,
    groups,
    become,
    run: ((tasks: Task<unknown> | readonly Task<unknown>[]) =>
      tracked((where) => run(tasks, where))) as Host<Vars>['run'],
    read: (fact) => tracked(() => read(fact)),
    due: (tasks) => tracked(() => due(tasks)),
    as: (options) => createHost({ ...view, become: options.become }),
    [viewOf]: view,
  };
  return host;
}

/** The same host, seen from a play, with whatever else is different there. */
export function seenFrom<H extends Host>(
  host: H,
  play: string,
  { become, mayDestroy }: Pick<PlayOptions, 'become' | 'mayDestroy'>,
  context?: RunContext,
): H {
  const { [viewOf]: view } = host as unknown as { readonly [viewOf]: HostView<unknown> };
  return createHost({
    ...view,
    play,
    mayDestroy,
    become: become ?? host.become,
    context: context ?? view.context,
  }) as unknown as H;
}

function isList(tasks: Task<unknown> | readonly Task<unknown>[]): tasks is readonly Task<unknown>[] {
  return Array.isArray(tasks);
}
