import { setMaxListeners } from 'node:events';
import { codeOf, DabookError, messageOf } from './errors.ts';
import type { Happening } from './events.ts';
import type { RunMachine } from './machine.ts';
import { pause } from './pause.ts';
import type { SwarmClaim } from './swarm-claim.ts';

/** The right of a run to change hosts. */
export interface Claim {
  /**
   * Settles once every host that the run may change is locked, or cannot be reached: all of them before the first
   * is written to, so that of two runs one does everything first, and neither waits for what the other one holds.
   * @throws DabookError `locked`, to all who wait
   */
  taken(become: boolean): Promise<void>;
  /**
   * Settles once the run is known to hold the locks of swarms still.
   * @throws DabookError `locked` when one was lost, which ends the run
   */
  confirm(): Promise<void>;
  /** Gives back the locks of swarms; those of hosts go with their connections. Never rejects. */
  release(): Promise<void>;
}

export interface ClaimOptions {
  /** The hosts that the run may change; with whether that is done as root, as far as is known. */
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
  const { swarms, end } = options;
  let taken: Promise<void> | undefined;
  return {
    taken: (become) => (taken ??= takeAll(options, become)),
    async confirm() {
      await swarms?.confirm().catch((error: unknown) => {
        if (codeOf(error) === 'locked') end(error as DabookError);
        throw error;
      });
    },
    release: async () => swarms?.release(),
  };
}

/** All or none, and again: who held some while it waits for others could wait for one that waits for it. */
async function takeAll(options: ClaimOptions, asRoot: boolean): Promise<void> {
  const { hosts, machineOf, timeout, swarms, emit, end, signal } = options;
  const deadline = performance.now() + timeout * 1000;
  const told = new Set<string>();
  // Locks are renewed while what is under way ends, and given back after that.
  const toTheEnd = new AbortController().signal;
  setMaxListeners(0, toTheEnd);
  // Whoever may become root writes as root, and may ask the Docker Engine.
  const locked = hosts.map(([host, become]) => ({ machine: machineOf(host), become: become || asRoot }));
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 3000)) {
    const results = await Promise.allSettled(locked.map(({ machine, become }) => machine.lock(become)));
    signal.throwIfAborted();
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    let taken = errors.find((error) => codeOf(error) === 'locked');
    // What is out of reach is nothing that this run could write to; what fails otherwise is told of its own host.
    if (taken === undefined) {
      const engines = locked.flatMap(({ machine, become }, index) =>
        results[index]?.status === 'fulfilled'
          ? [{ host: machine.name, ask: machine.under(toTheEnd).engine(become) }]
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
    if (performance.now() + wait > deadline) {
      const waited = timeout === 0 ? '' : ` after ${timeout} s of waiting`;
      const error = new DabookError('locked', `${messageOf(taken)}; nothing was changed${waited}`, {
        hint: 'wait for it with --lock-timeout SECONDS, or see: dabook lock status',
      });
      end(error);
      throw error;
    }
    const message = `${messageOf(taken)}; waiting for up to ${timeout} s`;
    if (!told.has(message)) emit({ type: 'warning', message });
    told.add(message);
    await pause(wait * (0.5 + Math.random()), signal);
  }
}
