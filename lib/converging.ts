import { actingAs, takesRoot } from './acting-as.ts';
import { createAsk, readFact } from './ask.ts';
import type { Claim } from './claim.ts';
import type { Consent } from './consent.ts';
import { diff } from './diff.ts';
import type { Happening, TaskPlanned, TaskStatus } from './events.ts';
import type { Ask } from './fact.ts';
import type { Machine } from './machine.ts';
import type { Operator } from './operator.ts';
import type { Redactor } from './redact.ts';
import { showStep } from './show-step.ts';
import { destructionsOf, type Step } from './step.ts';
import type { Task } from './task.ts';
import type { Unseen } from './unseen.ts';

/** What the tasks of a host are run with. */
export interface Converging {
  readonly machine: Machine;
  readonly machineOf: (host: string) => Machine;
  readonly become: boolean;
  /** `check`: nothing is written, states are foreseen. `read`: outside of the limit, nothing is even planned. */
  readonly mode: 'apply' | 'check' | 'read';
  /** The play's title, and the playbook's line that asked. */
  readonly play?: string | undefined;
  readonly where?: string | undefined;
  readonly emit: (event: Happening) => void;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly operator?: Operator | undefined;
  /** In check mode, what observes nothing fails. */
  readonly strict: boolean;
  /** What a check has foreseen and cannot see. */
  readonly unseen: Unseen;
  readonly nextTask: () => number;
  readonly nextStep: () => number;
  readonly claim: Claim;
  readonly consent: Consent;
  /** What its steps destroy needs no other word: the play says that it may. */
  readonly mayDestroy: boolean;
  /** None where nobody wants to know them. */
  readonly digests?: Digests | undefined;
  readonly beforeStep: () => Promise<void>;
}

/** What tells what a task does from anything else. */
export interface Digests {
  /** Of what it changes. */
  ofChange(now: unknown, want: unknown): string;
  /** Of the commands that it runs; none where it runs none. */
  ofCommands(steps: readonly Step[]): string | undefined;
}

/** How one task ended: the state that it left or foresaw. */
export interface Outcome<S = unknown> {
  readonly status: TaskStatus;
  readonly state: S;
  /** What the facts of the tasks behind it gave once it was done, where they were read together with its own. */
  readonly behind?: Readings | undefined;
}

/** Whether it changed the host, or, in check mode, would: what waits for the operator does, too. */
export function isChange({ status }: Outcome): boolean {
  return status === 'changed' || status === 'would-change' || status === 'waiting';
}

/** What the fact of each task of a list gives, as it is being read. */
export type Readings = readonly Promise<unknown>[];

/** Reads a task's fact; its secrets are known from then on. */
export async function read(
  task: Task<unknown>,
  c: Converging,
  ask: Ask = createAsk(c.machine, actingAs(task, c)),
): Promise<unknown> {
  const state = await readFact(task.fact, ask, c.machine);
  c.redactor.learn(state);
  return state;
}

/** What an event says of the rights that a task takes, once its fact has been read. */
export function asRoot(task: Task<unknown>, c: Converging): { readonly asRoot?: true } {
  return takesRoot(actingAs(task, c), c.machine) ? { asRoot: true } : {};
}

/** What a task is about to change, and by which steps. */
export function planOf(
  task: Task<unknown>,
  now: unknown,
  want: unknown,
  steps: readonly Step[],
  id: number,
  c: Converging,
): Omit<TaskPlanned, 'at'> {
  c.redactor.learn(steps);
  const asks = steps.find((step) => step.kind === 'ask');
  return {
    type: 'task.planned',
    host: c.machine.name,
    task: id,
    changes: diff(now, want),
    steps: steps.map(showStep),
    ...asRoot(task, c),
    ...(task.opaque ? { opaque: true as const } : {}),
    ...destruction(destructionsOf(steps), c),
    ...digestsOf(now, want, steps, c),
    ...(asks === undefined ? {} : { form: asks.form }),
  };
}

/** What a check tells of a task of which it knows no more than that it may destroy something. */
export function planOfUnknown(
  task: Task<unknown>,
  id: number,
  c: Converging,
): Omit<TaskPlanned, 'at'> | undefined {
  const what = task.endangers();
  if (what === undefined) return undefined;
  return {
    type: 'task.planned',
    host: c.machine.name,
    task: id,
    changes: [],
    steps: [],
    ...asRoot(task, c),
    ...destruction([`perhaps ${what}`], c),
  };
}

function destruction(destroys: readonly string[], { mayDestroy }: Converging) {
  if (destroys.length === 0) return {};
  return { destroys, ...(mayDestroy ? { mayDestroy: true as const } : {}) };
}

function digestsOf(now: unknown, want: unknown, steps: readonly Step[], { digests }: Converging) {
  if (digests === undefined) return {};
  const runs = digests.ofCommands(steps);
  return { digest: digests.ofChange(now, want), ...(runs === undefined ? {} : { runs }) };
}
