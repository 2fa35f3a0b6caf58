import { resolve } from 'node:path';
import { createRunId } from '../journal/run-id.ts';
import { createRedactor, type Redactor } from '../redact.ts';
import type { Output } from '../views/view.ts';
import { checkFirst } from './check-first.ts';
import { connector } from './connector.ts';
import { refuseMoved, refuseOtherInput } from './hold-against-plan.ts';
import { untilInterrupted } from './interrupt.ts';
import { exitStatus, type Io } from './io.ts';
import { keepJournal, noJournal } from './keep-journal.ts';
import { ownStdout } from './own-stdout.ts';
import { planBeginning } from './plan-beginning.ts';
import { planKey } from './plan-key.ts';
import { planPlace } from './plan-place.ts';
import { type Input, readInput } from './read-input.ts';
import { redactedError } from './redacted-error.ts';
import type { RunFlags } from './run-flags.ts';
import { runsKept } from './runs-place.ts';
import { showRun } from './show-run.ts';
import { createStartUpClock } from './start-up.ts';
import { withoutStrayFault } from './stray-fault.ts';
import { openTraceFile } from './trace-file.ts';
import { withCache } from './with-cache.ts';

/**
 * Reads a playbook and an inventory, runs one against the other and shows how it goes.
 * @returns the exit status
 * @throws DabookError with all that is wrong with the input, before anything is connected to
 */
export async function runPlaybook(io: Io, file: string, flags: RunFlags): Promise<number> {
  const startUp = createStartUpClock();
  const controller = new AbortController();
  const force = new AbortController();
  const redactor = createRedactor();
  // What the environment says is input, too.
  runsKept(io);
  const { profileTrace, plan: planned } = flags;
  if (planned?.out !== undefined) await planPlace(planned.out, io.cwd());
  const trace = profileTrace === undefined ? undefined : await openTraceFile(profileTrace, io.cwd());
  const perform = async (out: Output, reportOut: Output = out): Promise<number> => {
    const input = await withCache(io, (cache) => readInput(io, file, flags, cache, startUp));
    // What a stray fault while loading was about has been told.
    if (controller.signal.aborted) return exitStatus.failed;
    const { signal } = controller;
    const making = flags.plan && (await makePlan(io, file, input, flags));
    const since = flags.applied && performance.now();
    if (flags.applied) await holdAgainst(io, file, input, flags, { signal, redactor, since });
    const run = createRunId();
    const { name } = input.playbook;
    const { extraVars } = input;
    const playbook = { name, file: resolve(io.cwd(), file) };
    const journal =
      flags.drift || flags.plan ? noJournal : keepJournal(io, { run, playbook, extraVars, flags });
    return untilInterrupted(io, { first: controller, second: force }, (interrupt) =>
      showRun(io, out, input, {
        ...flags,
        since,
        plan: making && { ...making, out: flags.plan?.out },
        applied: flags.applied && {
          ...flags.applied,
          ...flags.applied.plan,
          again: planAgain(flags.applied),
        },
        reportOut,
        run,
        trace,
        startUp,
        signal,
        redactor,
        force: force.signal,
        interrupt,
        journal,
      }).finally(journal.end),
    );
  };
  try {
    return await withoutStrayFault(io, controller, redactor, () => {
      if (flags.drift?.report === '-') return ownStdout(io, (out) => perform(io.stderr, out));
      return flags.json ? ownStdout(io, perform) : perform(io.stdout);
    });
  } catch (error) {
    throw redactedError(error, redactor);
  } finally {
    await trace?.close();
  }
}

/** What of a plan is known before there is any connection, and what it is sealed with. */
async function makePlan(io: Io, file: string, input: Input, flags: RunFlags) {
  const key = await planKey(io, { make: true });
  return { key, beginning: await planBeginning(io, file, input, flags, key) };
}

/** The command line that makes a plan anew, for what goes on where it ended. */
function planAgain({ plan: { playbook, given }, file }: NonNullable<RunFlags['applied']>): readonly string[] {
  const options = [
    ...given.inventory.flatMap((source) => ['-i', source]),
    ...given.extraVars.flatMap((vars) => ['-e', vars]),
    ...(given.limit === undefined ? [] : ['-l', given.limit]),
    ...(given.user === undefined ? [] : ['-u', given.user]),
    ...(given.privateKey === undefined ? [] : ['--private-key', given.privateKey]),
    ...(given.become ? ['-b'] : []),
    ...(given.askPass ? ['-k'] : []),
    ...(given.askBecomePass ? ['-K'] : []),
  ];
  return ['node', 'dabook', 'plan', playbook.file, ...options, '-o', file];
}

/** Sees to it that a plan says what would be done: the whole of it, before anything is touched. */
async function holdAgainst(
  io: Io,
  file: string,
  input: Input,
  flags: RunFlags,
  {
    since,
    ...common
  }: { readonly signal: AbortSignal; readonly redactor: Redactor; readonly since: number | undefined },
): Promise<void> {
  if (flags.applied === undefined) return;
  const { plan, key, file: shown } = flags.applied;
  refuseOtherInput(plan, await planBeginning(io, file, input, flags, key), shown);
  const { forks, timeout: run, stepTimeout: step, idleTimeout: idle } = flags;
  const { extraVars, limit } = input;
  const connect = connector(
    io,
    input.inventory.hosts.map(({ target }) => target),
  );
  const options = { connect, extraVars, limit, forks, ...common, digestKey: key, cwd: io.cwd() };
  refuseMoved(plan, await checkFirst(input, { ...options, deadlines: { run, since, step, idle } }), shown);
}
