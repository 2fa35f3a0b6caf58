import type { Converging } from './converging.ts';
import { codeOf, type ErrorCode } from './errors.ts';
import type { StepEnded } from './events.ts';
import { showStep } from './show-step.ts';
import type { Step } from './step.ts';

/** Of a step that ended with an error of such a code; any other has failed. */
const outcomes: Partial<Record<ErrorCode, StepEnded['outcome']>> = {
  lost: 'lost',
  interrupted: 'undone',
  waiting: 'undone',
};

/**
 * Does a step that has been told of before, and tells how it ended. Not begun after an interrupt, also one that comes
 * while it is being written down.
 * @param task its number
 * @param perform does it
 */
export async function announced(
  step: Step,
  task: number,
  c: Converging,
  perform: () => Promise<void>,
): Promise<void> {
  c.signal.throwIfAborted();
  const about = { host: c.machine.name, task, step: c.nextStep(), shown: showStep(step) };
  c.emit({ type: 'step.started', ...about });
  await c.beforeStep();
  const started = performance.now();
  const ended = (outcome: StepEnded['outcome']) =>
    c.emit({ type: 'step.ended', ...about, outcome, seconds: (performance.now() - started) / 1000 });
  try {
    c.signal.throwIfAborted();
    await c.claim.confirm();
    await perform();
  } catch (error) {
    ended(outcomes[codeOf(error)] ?? 'failed');
    throw error;
  }
  ended('done');
}
