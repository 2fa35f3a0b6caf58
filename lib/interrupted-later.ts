import { setMaxListeners } from 'node:events';
import { DabookError } from './errors.ts';
import type { RunContext } from './run-context.ts';

/** Seconds that such work may go on after an interrupt. */
const grace = 60;

/**
 * Does what has to be done whether the run is interrupted or not, with a context whose signal is aborted a minute
 * after the run's own: as ever, no new step is begun then, and nothing is read any longer.
 */
export async function interruptedLater<T>(
  context: RunContext,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => later.abort(tooLate()), grace * 1000);
  };
  if (context.signal.aborted) onAbort();
  else context.signal.addEventListener('abort', onAbort, { once: true });
  const { signal } = later;
  // Every command that is under way listens to it: many at once are no leak.
  setMaxListeners(0, signal);
  try {
    return await work({ ...context, signal, machineOf: (host) => context.machineOf(host).under(signal) });
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', onAbort);
  }
}

function tooLate(): DabookError {
  return new DabookError(
    'interrupted',
    `interrupted ${grace} s ago: what was to be done whatever happens was not done in time`,
    { hint: 'look at what the run left, and take it back by hand' },
  );
}
