import { setMaxListeners } from 'node:events';
import { bind, type ExtraVars } from './bind.ts';
import { changeDigest, commandDigest } from './change-digest.ts';
import { createClaim } from './claim.ts';
import { type Approval, createConsent } from './consent.ts';
import { type Deadlines, lastSteps } from './deadlines.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Counts, Event, Happening, RunEnded } from './events.ts';
import { faultOf } from './fault.ts';
import { createGuard } from './guard.ts';
import { createHost, type Host } from './host.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { LockHolder } from './lock/lock-holder.ts';
import { createMachines } from './machines.ts';
import type { Operator } from './operator.ts';
import { createPlay } from './play.ts';
import type { Hosts, Playbook } from './playbook.ts';
import { createRedactor, type Redactor } from './redact.ts';
import { isTold, type RunContext } from './run-context.ts';
import { outcomeOf } from './run-outcome.ts';
import { createSwarmClaim } from './swarm-claim.ts';
import { createTally } from './tally.ts';
import type { Session, Target } from './transport/session.ts';
import { createUnderWay } from './under-way.ts';
import { createUnseen } from './unseen.ts';
import { whereIn } from './where.ts';

export interface RunOptions {
  /** Reaches a host. */
  readonly connect: (target: Target) => Promise<Session>;
  /** Told of everything that happens, in order; must not throw. */
  readonly onEvent: (event: Event) => void;
  /** Awaited before each step, when its `step.started` has been told: keeps a journal on disk. Must not reject. */
  readonly beforeStep?: (() => Promise<void>) | undefined;
  readonly deadlines?: Deadlines | undefined;
  /** Locks the hosts before the first of them is changed; none by default, and none in check mode. */
  readonly lock?: LockOptions | undefined;
  /** Whoever answers for what is changed. None by default: what the playbook says is done. */
  readonly approval?: Approval | undefined;
  /** A secret: with it, what each task changes is told with a digest that nobody else can make. None by default. */
  readonly digestKey?: Uint8Array | undefined;
  /** Plan only: no step is performed. False by default. */
  readonly check?: boolean | undefined;
  /** In check mode, tasks that observe nothing fail. False by default. */
  readonly strict?: boolean | undefined;
  /** Variables that win over the inventory's. None by default. */
  readonly extraVars?: ExtraVars | undefined;
  /** Names of the hosts that may be changed; the others are only read. All by default. */
  readonly limit?: ReadonlySet<string> | undefined;
  /** Hosts that a play serves at once; 50 by default. */
  readonly forks?: number | undefined;
  /** Connections that are kept open at one time, `forks` at least; 500 by default. */
  readonly connections?: number | undefined;
  /** Aborted to end the run: no new step is begun then. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted, after `signal`, to end what is under way on the hosts: by process group, where they are locked. */
  readonly force?: AbortSignal | undefined;
  /** Replaces secrets in what is told; one of its own by default. */
  readonly redactor?: Redactor | undefined;
  /** Asks whoever started the run; none by default: a step that asks ends the run as `waiting`. */
  readonly operator?: Operator | undefined;
  /** Folder that shown file names are relative to; the process's own by default. */
  readonly cwd?: string | undefined;
}

export interface LockOptions {
  readonly holder: LockHolder;
  /** Seconds that a step whose connection died may go on before it is ended; 10 by default. */
  readonly grace?: number | undefined;
  /** Whether the process of another holder is known to run no more. Nobody's is by default. */
  readonly isGone?: ((holder: LockHolder) => boolean) | undefined;
  /** Asked at the end of a run that changed nothing: whether one before it may have left locks behind. */
  readonly mayBeLeft?: (() => Promise<boolean>) | undefined;
  /** Seconds to wait for another run that is at work there; 0 by default: the run ends as `locked` at once. */
  readonly timeout?: number | undefined;
}

/** How a run ended. */
export interface RunOutcome {
  readonly outcome: RunEnded['outcome'];
  readonly hosts: Readonly<Record<string, Counts>>;
}

/**
 * Runs a playbook against an inventory. What fails on the way is told by events and by the outcome.
 * @throws DabookError `inventory` with all faults, before anything is connected to
 */
export async function run(
  playbook: Playbook,
  inventory: Inventory,
  options: RunOptions,
): Promise<RunOutcome> {
  const noVars: ExtraVars = { vars: {}, origin: () => undefined };
  const bound = await bind(playbook, inventory, options.extraVars ?? noVars);

  const names = inventory.hosts.map(({ name }) => name);
  const used = new Set(Object.values(bound.groups).flatMap((hosts) => hosts.map(({ host }) => host.name)));
  const limit = options.limit ?? new Set(names);
  const shown = names.filter((name) => used.has(name) && limit.has(name));
  const tally = createTally(shown);
  const { redactor = createRedactor(), operator } = options;
  const check = options.check ?? false;
  const emit = (happening: Happening) => {
    const { type, ...rest } = redactor.event(happening);
    tally.count(happening);
    options.onEvent({ type, at: new Date().toISOString(), ...rest } as Event);
  };

  const stop = new AbortController();
  const { signal } = stop;
  const onAbort = () => stop.abort(options.signal?.reason);
  if (options.signal?.aborted) onAbort();
  else options.signal?.addEventListener('abort', onAbort, { once: true });
  // Every command that is under way listens to it: many at once are no leak.
  setMaxListeners(0, signal);
  const underWay = createUnderWay();
  const forks = options.forks ?? 50;
  const mostOpen = Math.max(options.connections ?? 500, forks);
  const { lock } = options;
  const machines = createMachines(inventory, {
    connect: options.connect,
    emit,
    learn: redactor.learn,
    signal,
    mostOpen,
    deadlines: options.deadlines,
    // Where nothing is written nothing is locked.
    guardOf: lock && !check ? (host) => createGuard(host, lock) : undefined,
  });
  const changeable = new Map(
    Object.values(bound.groups).flatMap((hosts) =>
      hosts.flatMap(({ host }) => (limit.has(host.name) ? [[host.name, host.become] as const] : [])),
    ),
  );
  const context: RunContext = {
    check,
    strict: options.strict ?? false,
    forks,
    cwd: options.cwd ?? process.cwd(),
    redactor,
    signal,
    underWay,
    operator: operator && { ask: (form, signal) => operator.ask(redactor.form(form), signal) },
    limit,
    failed: new Map(),
    told: new WeakSet(),
    emit,
    machineOf: machines.of,
    nextTask: counter(),
    nextStep: counter(),
    claim: createClaim({
      // Of more hosts than may be connected to at once each is locked when it is first written to.
      hosts: lock === undefined || check || changeable.size > mostOpen ? [] : [...changeable],
      machineOf: machines.of,
      timeout: lock?.timeout ?? 0,
      swarms:
        lock &&
        createSwarmClaim({
          holder: lock.holder,
          isGone: lock.isGone,
          warn: (message) => emit({ type: 'warning', message }),
          signal,
        }),
      emit,
      end: (error) => stop.abort(error),
      signal,
    }),
    beforeStep: options.beforeStep ?? (async () => {}),
    consent: createConsent(options.approval, (error) => stop.abort(error), signal),
    unseen: createUnseen(),
    digests: options.digestKey && {
      ofChange: changeDigest(options.digestKey),
      ofCommands: commandDigest(options.digestKey),
    },
  };
  redactor.learn([bound.vars, inventory.hosts.map(({ vars, target }) => [vars, target])]);

  const timers = new Set<NodeJS.Timeout>();
  const after = (seconds: number, work: () => void) => timers.add(setTimeout(work, seconds * 1000));
  const { run: most, since } = options.deadlines ?? {};
  if (most !== undefined) {
    const left = since === undefined ? most : Math.max(0, most - (performance.now() - since) / 1000);
    after(left, () => stop.abort(tooLong(most)));
    after(left + lastSteps, () => machines.stop());
  }
  const onForce = () => void machines.stop();
  options.force?.addEventListener('abort', onForce, { once: true });

  const started = performance.now();
  emit({ type: 'run.started', playbook: playbook.name, check, hosts: shown });
  for (const message of bound.warnings) emit({ type: 'warning', message });
  let thrown: unknown;
  try {
    const hostOf = ({ host, vars }: (typeof bound.groups)[string][number]): Host =>
      createHost({ context, name: host.name, vars, groups: host.groups, become: host.become });
    const groups = Object.entries(bound.groups).map(([group, hosts]) => [group, hosts.map(hostOf)]);
    await playbook.work({
      // `bind` has refused groups without hosts.
      groups: Object.fromEntries(groups) as Readonly<Record<string, Hosts<unknown>>>,
      vars: bound.vars,
      play: createPlay(context),
      check,
      warn: (message) => emit({ type: 'warning', message }),
    });
  } catch (error) {
    thrown = error;
  }
  const forgotten = await underWay.settle();
  thrown ??= forgotten;
  for (const timer of timers) clearTimeout(timer);
  if (thrown === undefined && !check && lock?.mayBeLeft) await context.claim.tidy(lock.mayBeLeft);
  await context.claim.release();
  await machines.close();
  options.signal?.removeEventListener('abort', onAbort);
  options.force?.removeEventListener('abort', onForce);
  const outcome = outcomeOf(signal, thrown, tally.hosts);
  // What ended the run from outside no task has told, or told as its own.
  const isFromOutside = ['locked', 'unapproved', 'deadline'].includes(codeOf(thrown));
  const silent = thrown === undefined || (isTold(context, thrown) && !isFromOutside);
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  const where = codeOf(thrown) === 'run' ? undefined : whereIn(stack, context.cwd);
  const fault = silent ? {} : { fault: faultOf(thrown, where) };
  const seconds = (performance.now() - started) / 1000;
  const roundTrips = machines.roundTrips();
  emit({ type: 'run.ended', check, outcome, seconds, hosts: tally.hosts, roundTrips, ...fault });
  return { outcome, hosts: tally.hosts };
}

function tooLong(seconds: number): DabookError {
  return new DabookError('deadline', `the run took longer than its deadline of ${seconds} s (--timeout)`, {
    hint: 'what was begun is told above; the next run goes on from what it finds',
  });
}

/** Numbers from 1. */
function counter(): () => number {
  let last = 0;
  return () => ++last;
}
