import { isUntold } from './foresee.ts';
import type { Step } from './step.ts';
import type { Foreseen } from './task.ts';

/** What a check cannot see: what else would be so by then, because of the tasks that it foresaw. */
export interface Unseen {
  /** A task of a host was foreseen, with what its task says that follows. */
  foreseen(host: string, steps: readonly Step[], follows: readonly Foreseen[]): void;
  /** Whether what is found on a host now may be otherwise by the time of an apply. */
  mayChange(host: string): boolean;
}

/** Makes it for one check. A file that is written is what it says; what a command does besides nobody knows. */
export function createUnseen(): Unseen {
  let anywhere = false;
  const engines = new Set<string>();
  return {
    foreseen(host, steps, follows) {
      anywhere ||= isUntold(steps, follows);
      // Such as a node that joins the swarm: its own host foresees it, and no other one.
      if (steps.some(({ kind }) => kind === 'docker')) engines.add(host);
    },
    mayChange: (host) => anywhere || [...engines].some((engine) => engine !== host),
  };
}
