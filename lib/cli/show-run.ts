import type { Event } from '../events.ts';
import type { Form } from '../form.ts';
import type { Journal } from '../journal/create-journal.ts';
import { collectFaults } from '../plan/collect-faults.ts';
import { collectPlan } from '../plan/collect-plan.ts';
import type { PlannedTask } from '../plan/kept-plan.ts';
import type { Redactor } from '../redact.ts';
import { run } from '../run.ts';
import { createView } from '../views/create-view.ts';
import { createDriftReport } from '../views/drift-report.ts';
import { createPaint } from '../views/paint.ts';
import type { StartUp } from '../views/profile-start.ts';
import { safeView } from '../views/safe-view.ts';
import type { Output, View } from '../views/view.ts';
import { visibleText } from '../visible.ts';
import { askToDestroy } from './ask-to-destroy.ts';
import { checkFirst } from './check-first.ts';
import { checkStatus } from './check-status.ts';
import { confirmDestruction } from './confirm-destruction.ts';
import { connector } from './connector.ts';
import type { Io } from './io.ts';
import { keepPlan, type PlanMaking } from './keep-plan.ts';
import { leaveAnswers } from './leave-answers.ts';
import { mayHaveLeftLocks } from './left-locks.ts';
import { isGone, lockHolder } from './lock-holder.ts';
import { createProfile } from './profile.ts';
import type { Input } from './read-input.ts';
import { type TerminalOperator, terminalOperator } from './terminal-operator.ts';
import type { TraceFile } from './trace-file.ts';
import { warn } from './warn.ts';

/** How it is run and shown. */
export interface Manner {
  readonly check?: true;
  readonly strict?: true;
  readonly detailedExitcode?: true;
  readonly drift?: { readonly report?: string };
  /** It only says what would be done, all of it at the end. */
  readonly plan?: PlanMaking | undefined;
  /** What it does and nothing else. */
  readonly applied?:
    | {
        readonly tasks: readonly PlannedTask[];
        readonly key: Uint8Array;
        /** The command line that makes such a plan again. */
        readonly again: readonly string[];
      }
    | undefined;
  /** What cannot be undone is agreed to. */
  readonly yes?: true;
  /** Where a report goes that is to go to stdout. */
  readonly reportOut: Output;
  readonly diff?: true;
  readonly forks: number;
  /** Its id. */
  readonly run: string;
  readonly lock: boolean;
  /** Seconds. */
  readonly lockTimeout: number;
  readonly timeout?: number;
  /** What that counts from, by `performance.now()`, where a check came first. */
  readonly since?: number | undefined;
  readonly stepTimeout: number;
  readonly idleTimeout?: number;
  readonly verbose: number;
  readonly json?: true;
  readonly color: boolean;
  readonly profile?: true;
  readonly trace?: TraceFile | undefined;
  readonly startUp: StartUp;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  readonly force: AbortSignal;
  /** What Ctrl-C does while the operator is asked. */
  readonly interrupt: () => void;
  readonly journal: Pick<Journal, 'handle' | 'synced'>;
}

/**
 * Runs a playbook, shows how it goes, and asks the operator where it must.
 * @param out where the view is shown
 * @returns the exit status
 */
export async function showRun(io: Io, out: Output, input: Input, manner: Manner): Promise<number> {
  const isTerminal = out.isTTY === true && io.env.TERM !== 'dumb';
  const kind = manner.plan ? 'plan' : manner.json ? 'json' : isTerminal ? 'live' : 'plain';
  const color = manner.color && !io.env.NO_COLOR;
  const options = { out, err: io.stderr, color: color && isTerminal };
  const made = await createView(kind, {
    ...options,
    // What is printed is one line of JSON there.
    ...(manner.plan && manner.json ? { out: io.stderr } : {}),
    diff: manner.diff ?? false,
    verbosity: manner.verbose,
  });
  const view = safeView(made, (error) => warn(io, `the view failed and was dropped: ${String(error)}`));
  const beside = manner.json ? io.stderr : out;
  const profile = createProfile(io, {
    startUp: manner.startUp,
    table: manner.profile && { out: beside, color: color && beside.isTTY === true && io.env.TERM !== 'dumb' },
    trace: manner.trace,
  });
  const unkept: Form[] = [];
  const drift = createDriftReport();
  const collected = collectPlan();
  const met = collectFaults();
  const operator = operatorAt(io, view, { ...manner, color });
  const common = {
    connect: connector(
      io,
      input.inventory.hosts.map(({ target }) => target),
    ),
    extraVars: input.extraVars,
    limit: input.limit,
    forks: manner.forks,
    deadlines: {
      run: manner.timeout,
      since: manner.since,
      step: manner.stepTimeout,
      idle: manner.idleTimeout,
    },
    cwd: io.cwd(),
    redactor: manner.redactor,
  };
  const { outcome } = await run(input.playbook, input.inventory, {
    ...common,
    onEvent: (event) => {
      collected.handle(event);
      met.handle(event);
      manner.journal.handle(event);
      view.handle(event);
      profile.handle(event);
      drift.handle(event);
      // A check writes nothing, and leaves nothing to be filled in.
      if (!manner.check) unkept.push(...formsOf(event));
    },
    beforeStep: manner.journal.synced,
    check: manner.check,
    strict: manner.strict,
    digestKey: manner.plan?.key ?? manner.applied?.key,
    approval:
      manner.check || (manner.yes && manner.applied === undefined)
        ? undefined
        : confirmDestruction({
            yes: manner.yes ?? false,
            plan: manner.applied?.tasks,
            check: async (signal) => (await checkFirst(input, { ...common, signal })).tasks,
            ask: operator && ((lines, signal) => askToDestroy(operator, lines, signal)),
          }),
    lock: manner.lock
      ? {
          holder: lockHolder(io, manner.run, input.playbook.name),
          isGone,
          mayBeLeft: () => mayHaveLeftLocks(io, manner.run),
          timeout: manner.lockTimeout,
        }
      : undefined,
    signal: manner.signal,
    force: manner.force,
    operator,
  }).finally(() => view.end());
  await profile.end();
  if (unkept.length > 0) {
    const told = visibleText(await leaveAnswers(io, unkept, manner.applied?.again));
    beside.write(`\n${told}`);
  }
  if (manner.plan)
    return keepPlan(io, out, manner, { ...collected, faults: met.faults }, color && isTerminal);
  return checkStatus(io, manner, outcome, drift.report());
}

function formsOf(event: Event): readonly Form[] {
  return event.type === 'task.ended' && event.form !== undefined ? [event.form] : [];
}

/** Nobody can be asked where questions would not be seen, or answers not typed. */
function operatorAt(
  io: Io,
  view: View,
  { json, color, interrupt }: Pick<Manner, 'json' | 'color' | 'interrupt'>,
): TerminalOperator | undefined {
  const out = [io.stdout, io.stderr].find(({ isTTY }) => isTTY);
  if (json || out === undefined || !io.stdin.isTTY || io.env.TERM === 'dumb') return undefined;
  return terminalOperator({ io, out, paint: createPaint(color), suspend: () => view.suspend(), interrupt });
}
