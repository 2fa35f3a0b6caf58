import { z } from 'zod';
import type { StepEnded } from '../../../lib/events.ts';
import { playbook } from '../../../lib/playbook.ts';
import { createLocalTransport } from '../../../lib/transport/local.ts';
import { run } from '../../canary/run.ts';
import type { Case } from './case.ts';
import type { Place } from './place.ts';

export interface Watching {
  /** Awaited when a step has been told of and is not begun yet. */
  readonly before?: (step: number) => void | Promise<void>;
  readonly after?: (step: number, outcome: StepEnded['outcome']) => void;
  /** What ends the run when a step was not done: no other is begun, nor is it looked whether it was. */
  readonly giveUp?: boolean;
}

export interface Ran {
  /** How many steps were begun. */
  readonly steps: number;
  readonly outcome: string;
  readonly error: unknown;
}

/** Runs a case by the real engine on the `local` connection. */
export async function runCase(
  { work, answers }: Case,
  at: Place,
  { before, after, giveUp = false }: Watching = {},
): Promise<Ran> {
  const env = { PATH: `${at.programs}:${process.env.PATH}`, TMPDIR: at.temporary };
  const { connect } = createLocalTransport({ user: 'me', env });
  const stop = new AbortController();
  let steps = 0;
  let error: unknown;
  const book = playbook({ name: 'case', groups: { all: z.object({}) } }, async ({ groups: { all } }) => {
    try {
      await work(all[0], at);
    } catch (thrown) {
      error = thrown;
      throw thrown;
    }
  });
  const origin = () => undefined;
  const target = { name: 'here', connection: 'local', address: 'localhost' } as const;
  const inventory = {
    hosts: [{ name: 'here', groups: ['all'], vars: {}, origin, become: false, target }],
    groups: new Map([['all', { name: 'all', children: [], hosts: ['here'], vars: {}, origin }]]),
  };
  const { outcome } = await run(book, inventory, {
    connect,
    onEvent(event) {
      if (event.type === 'step.started') steps = event.step;
      if (event.type !== 'step.ended') return;
      after?.(event.step, event.outcome);
      if (giveUp && event.outcome !== 'done') stop.abort();
    },
    beforeStep: async () => before?.(steps),
    operator: answers && { ask: async () => answers },
    signal: stop.signal,
  });
  return { steps, outcome, error };
}
