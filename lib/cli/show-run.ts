import { resolve } from 'node:path';
import type { ExtraVars } from '../bind.ts';
import { messageOf } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Form } from '../form.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Journal } from '../journal/create-journal.ts';
import { jsonLine } from '../json-line.ts';
import type { Operator } from '../operator.ts';
import type { Playbook } from '../playbook.ts';
import { type RunOutcome, run } from '../run.ts';
import { createView } from '../views/create-view.ts';
import { createDriftReport, type DriftReport } from '../views/drift-report.ts';
import { createPaint } from '../views/paint.ts';
import type { StartUp } from '../views/profile-start.ts';
import { safeView } from '../views/safe-view.ts';
import type { Output, View } from '../views/view.ts';
import { visibleText } from '../visible.ts';
import { writeControlFile } from '../write-control-file.ts';
import { connector } from './connector.ts';
import { exitStatus, type Io } from './io.ts';
import { leaveAnswers } from './leave-answers.ts';
import { mayHaveLeftLocks } from './left-locks.ts';
import { isGone, lockHolder } from './lock-holder.ts';
import { createProfile } from './profile.ts';
import { terminalOperator } from './terminal-operator.ts';
import type { TraceFile } from './trace-file.ts';
import { warn } from './warn.ts';

/** What a run is made of. */
export interface Input {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly extraVars: ExtraVars;
  readonly limit: ReadonlySet<string> | undefined;
}

/** How it is run and shown. */
interface Manner {
  readonly check?: true;
  readonly strict?: true;
  readonly detailedExitcode?: true;
  readonly drift?: { readonly report?: string };
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
  readonly stepTimeout: number;
  readonly idleTimeout?: number;
  readonly verbose: number;
  readonly json?: true;
  readonly color: boolean;
  readonly profile?: true;
  readonly trace?: TraceFile | undefined;
  readonly startUp: StartUp;
  readonly signal: AbortSignal;
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
  const kind = manner.json ? 'json' : isTerminal ? 'live' : 'plain';
  const color = manner.color && !io.env.NO_COLOR;
  const options = { out, err: io.stderr, color: color && isTerminal };
  const made = await createView(kind, {
    ...options,
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
  const { outcome } = await run(input.playbook, input.inventory, {
    connect: connector(
      io,
      input.inventory.hosts.map(({ target }) => target),
    ),
    onEvent: (event) => {
      manner.journal.handle(event);
      view.handle(event);
      profile.handle(event);
      drift.handle(event);
      unkept.push(...formsOf(event));
    },
    beforeStep: manner.journal.synced,
    check: manner.check,
    strict: manner.strict,
    extraVars: input.extraVars,
    limit: input.limit,
    forks: manner.forks,
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
    deadlines: { run: manner.timeout, step: manner.stepTimeout, idle: manner.idleTimeout },
    operator: operatorAt(io, view, { ...manner, color }),
    cwd: io.cwd(),
  }).finally(() => view.end());
  await profile.end();
  if (unkept.length > 0) {
    const told = visibleText(await leaveAnswers(io, unkept));
    beside.write(`\n${told}`);
  }
  return statusOf(io, manner, outcome, drift.report());
}

/** The exit status of a run, once what was found is kept. */
async function statusOf(
  io: Io,
  { drift, detailedExitcode, reportOut }: Manner,
  outcome: RunOutcome['outcome'],
  found: DriftReport | undefined,
): Promise<number> {
  if (found === undefined || (!drift && !detailedExitcode)) return exitStatus[outcome];
  const { report } = drift ?? {};
  if (report === '-') reportOut.write(jsonLine(found));
  else if (report !== undefined) {
    try {
      await writeControlFile(resolve(io.cwd(), report), Buffer.from(jsonLine(found)));
    } catch (error) {
      warn(io, messageOf(error));
      return exitStatus.failed;
    }
  }
  const counts = Object.values(found.hosts);
  const isChange = drift ? found.outcome === 'drifted' : counts.some(({ changed }) => changed > 0);
  return outcome === 'ok' && isChange ? exitStatus.changes : exitStatus[outcome];
}

function formsOf(event: Event): readonly Form[] {
  return event.type === 'task.ended' && event.form !== undefined ? [event.form] : [];
}

/** Nobody can be asked where questions would not be seen, or answers not typed. */
function operatorAt(
  io: Io,
  view: View,
  { json, color, interrupt }: Pick<Manner, 'json' | 'color' | 'interrupt'>,
): Operator | undefined {
  const out = [io.stdout, io.stderr].find(({ isTTY }) => isTTY);
  if (json || out === undefined || !io.stdin.isTTY || io.env.TERM === 'dumb') return undefined;
  return terminalOperator({ io, out, paint: createPaint(color), suspend: () => view.suspend(), interrupt });
}
