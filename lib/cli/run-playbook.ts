import { dirname, resolve } from 'node:path';
import { type Bound, bind, type ExtraVars } from '../bind.ts';
import { DabookError } from '../errors.ts';
import { readExtraVars } from '../inventory/extra-vars.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { openText } from '../inventory/open-text.ts';
import { LARGEST_FILE } from '../inventory/read-opened.ts';
import { createRunId } from '../journal/run-id.ts';
import { checkFile } from '../load/check-file.ts';
import { checkTypes } from '../load/check-types.ts';
import { createImporter } from '../load/import-module.ts';
import { loadPlaybook } from '../load/load-playbook.ts';
import type { KeptPlan } from '../plan/kept-plan.ts';
import type { Playbook } from '../playbook.ts';
import { readBounded } from '../read-bounded.ts';
import { createRedactor, type Redactor } from '../redact.ts';
import { isRead } from '../secret.ts';
import type { Keys } from '../secrets/keys.ts';
import { secretsIn } from '../secrets-in.ts';
import type { Output } from '../views/view.ts';
import { checkFirst } from './check-first.ts';
import { connector, prepareConnector } from './connector.ts';
import { refuseMoved, refuseOtherInput } from './hold-against-plan.ts';
import { untilInterrupted } from './interrupt.ts';
import { exitStatus, type Io } from './io.ts';
import { keepJournal, noJournal } from './keep-journal.ts';
import { limitOf } from './limit.ts';
import { ownStdout } from './own-stdout.ts';
import { planBeginning } from './plan-beginning.ts';
import { planKey } from './plan-key.ts';
import { planPlace } from './plan-place.ts';
import { readInventory } from './read-inventory.ts';
import { readNeededSecrets } from './read-needed-secrets.ts';
import { redactedError } from './redacted-error.ts';
import { runsKept } from './runs-place.ts';
import { secretKeys } from './secret-keys.ts';
import type { SecretFlags } from './secret-options.ts';
import { type Input, showRun } from './show-run.ts';
import { createStartUpClock, type StartUpClock } from './start-up.ts';
import { withoutStrayFault } from './stray-fault.ts';
import { openTraceFile } from './trace-file.ts';
import { warn } from './warn.ts';
import { type Cache, withCache } from './with-cache.ts';
import { type PasswordFlags, withPasswords } from './with-passwords.ts';

/** The options of `dabook run`, as they were given. */
export interface RunFlags extends SecretFlags, PasswordFlags {
  readonly inventory: readonly string[];
  readonly check?: true;
  readonly strict?: true;
  readonly detailedExitcode?: true;
  /** It is looked whether the hosts are as they should be, over and over: no journal is kept of that. */
  readonly drift?: { readonly report?: string };
  /** It is said what would be done, and kept. */
  readonly plan?: { readonly out?: string | undefined };
  /** What is done, and nothing else. */
  readonly applied?: { readonly plan: KeptPlan; readonly key: Uint8Array; readonly file: string };
  readonly yes?: true;
  readonly diff?: true;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly lock: boolean;
  readonly lockTimeout: number;
  readonly timeout?: number;
  readonly stepTimeout: number;
  readonly idleTimeout?: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: true;
  readonly verbose: number;
  readonly json?: true;
  readonly color: boolean;
  readonly typeCheck: boolean;
  readonly profile?: true;
  readonly profileTrace?: string;
}

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

async function readInput(
  io: Io,
  file: string,
  flags: RunFlags,
  cache: Cache,
  { phase }: Pick<StartUpClock, 'phase'>,
): Promise<Input> {
  const path = resolve(io.cwd(), file);
  await checkFile(path, file);
  const keys = secretKeys(io, flags);
  const extraVars = await readVars(io, flags.extraVars, keys);
  const [playbook, inventory] = await Promise.all([
    readPlaybook(io, path, flags.typeCheck, cache, phase),
    phase('inventory', () =>
      readInventory(io, { ...flags, playbook: path, extraVars: extraVars.vars, keys }, cache),
    ).then((read) => {
      prepareConnector(read.hosts.map(({ target }) => target));
      return read;
    }),
  ]);
  const limit = await limitOf(io, inventory, playbook.name, flags.limit);
  const isUnread = hasUnread(inventory, extraVars);
  const isAsked = flags.askPass || flags.askBecomePass;
  if (!isUnread && !isAsked) return { playbook, inventory, extraVars, limit };
  // Nobody should type a password, or open a password manager, for a run that cannot begin.
  const bound = await bind(playbook, inventory, extraVars);
  if (isUnread) await phase('secrets', () => readNeededSecrets(io, neededBy(bound), keys));
  if (!isAsked) return { playbook, inventory, extraVars, limit };
  const asked = await phase('passwords', () => withPasswords(io, inventory, flags));
  return { playbook, inventory: asked, extraVars, limit };
}

/** The type check runs beside the loading: both must be well before anything is connected to. */
async function readPlaybook(
  io: Io,
  path: string,
  typeCheck: boolean,
  cache: Cache,
  phase: StartUpClock['phase'],
): Promise<Playbook> {
  const cwd = io.cwd();
  if (typeCheck && cache.folder === undefined) warn(io, 'types are not checked: no folder can be written to');
  const { folder } = cache;
  const checking =
    typeCheck && folder !== undefined ? phase('type check', () => checkTypes(path, folder, cwd)) : [];
  const loading = phase('playbook', async () => loadPlaybook(path, await createImporter(cache.kept), cwd));
  const [checked, loaded] = await Promise.allSettled([checking, loading]);
  if (checked.status === 'fulfilled' && checked.value.length > 0) {
    throw new DabookError('playbook', 'the playbook has type errors; nothing was connected to', {
      faults: checked.value,
    });
  }
  if (loaded.status === 'rejected') throw loaded.reason;
  if (checked.status === 'rejected') throw checked.reason;
  return loaded.value;
}

/** Whether there is a secret that is read only when it is needed. */
function hasUnread({ hosts, groups }: Inventory, { vars }: ExtraVars): boolean {
  // Passwords that reach a host are among its variables.
  const held = [vars, hosts.map((host) => host.vars), groups.get('all')?.vars];
  return secretsIn(held).some((found) => !isRead(found));
}

/** What the playbook's schemas passed on, and what reaches its hosts. */
function neededBy({ vars, groups }: Bound): unknown {
  return [vars, ...Object.values(groups).map((hosts) => hosts.map(({ host, vars }) => [vars, host.target]))];
}

async function readVars(io: Io, args: readonly string[], keys: Keys): Promise<ExtraVars> {
  const open = async (name: string) => {
    const path = resolve(io.cwd(), name);
    const read = await readBounded(path, LARGEST_FILE);
    if ('wrong' in read) throw new DabookError('inventory', `it ${read.wrong}`);
    const opened = await openText(read.bytes, name, keys);
    if (opened === undefined) throw new DabookError('bug', `${name} was not opened`);
    return { ...opened, folder: dirname(path) };
  };
  const { faults, ...extra } = await readExtraVars(args, io.cwd(), open);
  if (faults.length > 0)
    throw new DabookError('usage', 'the variables given with -e cannot be used', { faults });
  return extra;
}
