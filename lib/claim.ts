import { codeOf, DabookError, messageOf } from './errors.ts';
import type { Happening } from './events.ts';
import type { RunMachine } from './machine.ts';
import { pause } from './pause.ts';

/** The right of a run to change hosts. */
export interface Claim {
  /**
   * Settles once every host that the run may change is locked, or cannot be reached: all of them before the first
   * is written to, so that of two runs one does everything first, and neither waits for what the other one holds.
   * @throws DabookError `locked`, to all who wait
   */
  taken(): Promise<void>;
}

export interface ClaimOptions {
  /** The hosts that the run may change; with whether that is done as root, as far as is known. */
  readonly hosts: readonly (readonly [host: string, become: boolean])[];
  readonly machineOf: (host: string) => RunMachine;
  /** Seconds to wait for another run. */
  readonly timeout: number;
  readonly emit: (event: Happening) => void;
  /** Ends the run. */
  readonly end: (error: DabookError) => void;
  readonly signal: AbortSignal;
}

/** Makes a claim. Nothing is locked before it is asked for. */
export function createClaim(options: ClaimOptions): Claim {
  let taken: Promise<void> | undefined;
  return {
    taken: () => (taken ??= takeAll(options)),
  };
}

/** All or none, and again: who held some while it waits for others could wait for one that waits for it. */
async function takeAll({ hosts, machineOf, timeout, emit, end, signal }: ClaimOptions): Promise<void> {
  const deadline = performance.now() + timeout * 1000;
  const told = new Set<string>();
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 3000)) {
    const results = await Promise.allSettled(hosts.map(([host, become]) => machineOf(host).lock(become)));
    signal.throwIfAborted();
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    const locked = errors.find((error) => codeOf(error) === 'locked');
    // What is out of reach is nothing that this run could write to; what fails otherwise is told of its own host.
    if (locked === undefined) return;
    await Promise.all(hosts.map(([host]) => machineOf(host).unlock()));
    if (performance.now() + wait > deadline) {
      const waited = timeout === 0 ? '' : ` after ${timeout} s of waiting`;
      const error = new DabookError('locked', `${messageOf(locked)}; nothing was changed${waited}`, {
        hint: 'wait for it with --lock-timeout SECONDS, or see: dabook lock status',
      });
      end(error);
      throw error;
    }
    const message = `${messageOf(locked)}; waiting for up to ${timeout} s`;
    if (!told.has(message)) emit({ type: 'warning', message });
    told.add(message);
    await pause(wait * (0.5 + Math.random()), signal);
  }
}
