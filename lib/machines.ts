import { createConnections } from './connections.ts';
import type { Deadlines } from './deadlines.ts';
import { DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import type { Guard } from './guard.ts';
import type { Inventory } from './inventory/inventory.ts';
import { createMachine, type RunMachine } from './machine.ts';
import type { Session, Target } from './transport/session.ts';

/** The machines of a run: one for each host that is asked for, however many groups it is in. */
export interface Machines {
  of(name: string): RunMachine;
  /** How often each host that was connected to was waited for. */
  roundTrips(): Readonly<Record<string, number>>;
  /** Ends what is under way on the hosts. Never rejects. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface MachinesOptions {
  readonly connect: (target: Target) => Promise<Session>;
  readonly emit: (event: Happening) => void;
  /** Has the secrets in a value known to whatever tells of the run. */
  readonly learn: (value: unknown) => void;
  readonly signal: AbortSignal;
  /** Connections that are kept open at one time. */
  readonly mostOpen: number;
  readonly deadlines?: Deadlines | undefined;
  readonly guardOf?: ((host: string) => Guard) | undefined;
}

/**
 * Makes the machines of a run; each connects when it is first asked for something.
 */
export function createMachines(
  inventory: Inventory,
  { connect, emit, learn, signal, mostOpen, guardOf, deadlines }: MachinesOptions,
): Machines {
  const targets = new Map(inventory.hosts.map(({ name, target }) => [name, target]));
  const machines = new Map<string, RunMachine>();
  const connections = createConnections(connect, mostOpen);
  let commands = 0;
  const nextCommand = () => ++commands;
  return {
    of(name) {
      const known = machines.get(name);
      if (known) return known;
      const target = targets.get(name);
      if (!target) throw new DabookError('bug', `there is no host ${name}`);
      const made = createMachine({
        target,
        connections,
        guard: guardOf?.(name),
        deadlines,
        emit,
        learn,
        nextCommand,
        now: () => performance.now(),
        signal,
      });
      machines.set(name, made);
      return made;
    },
    roundTrips: () =>
      Object.fromEntries(
        [...machines.values()].flatMap(({ name, roundTrips }) =>
          roundTrips > 0 ? [[name, roundTrips]] : [],
        ),
      ),
    async stop() {
      await Promise.all([...machines.values()].map((machine) => machine.stop()));
    },
    async close() {
      await Promise.all([...machines.values()].map((machine) => machine.close()));
    },
  };
}
