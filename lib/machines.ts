import { DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import type { Inventory } from './inventory/inventory.ts';
import { createMachine, type RunMachine } from './machine.ts';
import type { Session, Target } from './transport/session.ts';

/** The machines of a run: one for each host that is asked for, however many groups it is in. */
export interface Machines {
  of(name: string): RunMachine;
  close(): Promise<void>;
}

/** Makes the machines of a run; each connects when it is first asked for something. */
export function createMachines(
  inventory: Inventory,
  connect: (target: Target) => Promise<Session>,
  emit: (event: Happening) => void,
  signal: AbortSignal,
): Machines {
  const targets = new Map(inventory.hosts.map(({ name, target }) => [name, target]));
  const machines = new Map<string, RunMachine>();
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
        connect,
        emit,
        nextCommand,
        now: () => performance.now(),
        signal,
      });
      machines.set(name, made);
      return made;
    },
    async close() {
      await Promise.all([...machines.values()].map((machine) => machine.close()));
    },
  };
}
