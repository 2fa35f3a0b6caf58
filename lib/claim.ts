import { setMaxListeners } from 'node:events';
import { codeOf, type DabookError, messageOf } from './errors.ts';
import type { Happening } from './events.ts';
import { lockedError } from './lock/locked-error.ts';
import type { AskEngine } from './lock/swarm-door.ts';
import { type Asker, asksAsRoot, type RunMachine } from './machine.ts';
import { pause } from './pause.ts';
import type { SwarmClaim } from './swarm-claim.ts';

/** The right of a run to change hosts. */
export interface Claim {
  /**
   * Settles once every host that the run may change is locked, or cannot be reached: all of them before the first
   * is written to, so that of two runs one does everything first, and neither waits for what the other one holds.
   * @param host the one that is about to be written to
   * @param by as whom; who may be root may ask its Docker Engine where the login user may not
   * @throws DabookError `locked`, to all who wait
   */
  taken(host: string, by: Pick<Asker, 'become' | 'engineAsRoot'>): Promise<void>;
  /**
   * Settles once the run is known to hold the locks of swarms still.
   * @throws DabookError `locked` when one was lost, which ends the run
   */
  confirm(): Promise<void>;
  /**
   * Where nothing was locked: takes what is free and gives it back, which removes what a run that crashed left in a
   * swarm. Never rejects.
   * @param mayBeLeft whether there may be any; asked where nothing was locked
   */
  tidy(mayBeLeft: () => Promise<boolean>): Promise<void>;
  /** Gives back the locks of swarms; those of hosts go with their connections. Never rejects. */
  release(): Promise<void>;
}

export interface ClaimOptions {
  /** The hosts that the run may change; with whether root may be taken to ask their Engines, as far as is known. */
  readonly hosts: readonly (readonly [host: string, become: boolean])[];
  readonly machineOf: (host: string) => RunMachine;
  /** Seconds to wait for another run. */
  readonly timeout: number;
  /** None where nothing is locked. */
  readonly swarms?: SwarmClaim | undefined;
  readonly emit: (event: Happening) => void;
  /** Ends the run. */
  readonly end: (error: DabookError) => void;
  readonly signal: AbortSignal;
}

/** Makes a claim. Nothing is locked before it is asked for. */
export function createClaim(options: ClaimOptions): Claim {
  const { hosts, swarms, end } = options;
  const users = new Map(hosts);
  let taken: Promise<void> | undefined;
  const more = new Map<string, Promise<void>>();

  /** A host that is changed as root after all: its swarm may not have been seen by its login user. */
  const takeAsRoot = async (host: string) => {
    const engine = { host, ask: engineOf(options, host, true) };
    await swarms?.take([engine], options.timeout).catch((error: unknown) => {
      if (codeOf(error) === 'locked') end(error as DabookError);
      throw error;
    });
  };

  return {
    async taken(host, by) {
      const asRoot = asksAsRoot(by);
      if (taken === undefined) {
        if (users.has(host)) users.set(host, users.get(host) === true || asRoot);
        taken = takeAll(options, users, by.become ? host : undefined);
      }
      await taken;
      if (!asRoot || users.get(host) !== false) return;
      const known = more.get(host) ?? takeAsRoot(host);
      more.set(host, known);
      await known;
    },
    async confirm() {
      await swarms?.confirm().catch((error: unknown) => {
        if (codeOf(error) === 'locked') end(error as DabookError);
        throw error;
      });
    },
    async tidy(mayBeLeft) {
      if (taken !== undefined || !(await mayBeLeft())) return;
      const quietly = { ...options, timeout: 0, emit: () => {}, end: () => {} };
      // Nothing was written, but a fact that was read as root says that it may be asked so.
      for (const [host, asRoot] of users) {
        const { actsAsRoot, engineTakesRoot } = options.machineOf(host);
        users.set(host, asRoot || actsAsRoot || engineTakesRoot !== undefined);
      }
      await takeAll(quietly, users).catch(() => {});
    },
    release: async () => swarms?.release(),
  };
}

/** How often a run that was not to wait tries again when it got a part of what it wants. */
const mostTies = 3;

/**
 * All or none, and again: who held some while it waits for others could wait for one that waits for it.
 * @param asRoot the host on which a command is about to be run as root: its lock is held by the same user
 */
async function takeAll(
  options: ClaimOptions,
  users: ReadonlyMap<string, boolean>,
  asRoot?: string,
): Promise<void> {
  const { machineOf, timeout, swarms, emit, end, signal } = options;
  const deadline = performance.now() + timeout * 1000;
  const told = new Set<string>();
  const locked = [...users]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([host, engine]) => ({ machine: machineOf(host), become: host === asRoot, engine }));
  let ties = 0;
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 3000)) {
    const results = await lockAll(locked);
    signal.throwIfAborted();
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    let taken = errors.find((error) => codeOf(error) === 'locked');
    // What is out of reach is nothing that this run could write to; what fails otherwise is told of its own host.
    if (taken === undefined) {
      const engines = locked.flatMap(({ machine, engine }, index) =>
        results[index]?.status === 'fulfilled'
          ? [{ host: machine.name, ask: engineOf(options, machine.name, engine) }]
          : [],
      );
      const left = Math.max(0, deadline - performance.now()) / 1000;
      taken = await swarms?.take(engines, left).then(
        () => undefined,
        (error) => error,
      );
      if (taken === undefined) return;
    }
    await Promise.all(locked.map(({ machine }) => machine.unlock()));
    signal.throwIfAborted();
    if (codeOf(taken) !== 'locked') throw taken;
    // Another run that came at the same moment may have given up for this one: one of the two is to proceed.
    const isPart = errors.includes(taken) && errors.length < results.length;
    const isTie = isPart && ++ties <= mostTies;
    if (!isTie && performance.now() + wait > deadline) {
      const waited = timeout === 0 ? '' : ` after ${timeout} s of waiting`;
      const error = lockedError(`${messageOf(taken)}; nothing was changed${waited}`);
      end(error);
      throw error;
    }
    const message = `${messageOf(taken)}; waiting for up to ${timeout} s`;
    if (timeout > 0 && !told.has(message)) emit({ type: 'warning', message });
    told.add(message);
    await pause(wait * (0.5 + Math.random()), signal);
  }
}

/**
 * The first by name, then the others at once: of runs that want the same hosts one has them all, and the others none.
 * Where they want different ones each may get a part.
 */
async function lockAll(
  hosts: readonly { readonly machine: RunMachine; readonly become: boolean }[],
): Promise<readonly PromiseSettledResult<void>[]> {
  const [first, ...others] = hosts.map(
    ({ machine, become }) =>
      () =>
        machine.lock(become),
  );
  if (first === undefined) return [];
  const [result] = await Promise.allSettled([first()]);
  if (result.status === 'rejected' && codeOf(result.reason) === 'locked') return [result];
  return [result, ...(await Promise.allSettled(others.map((lock) => lock())))];
}

/** What asks an Engine for the locks: they are renewed while what is under way ends, and given back after that. */
function engineOf({ machineOf }: ClaimOptions, host: string, become: boolean): AskEngine {
  const toTheEnd = new AbortController().signal;
  setMaxListeners(0, toTheEnd);
  return machineOf(host).under(toTheEnd).engine(become);
}
