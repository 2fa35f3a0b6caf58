import { DabookError } from '../errors.ts';
import { exitStatus, type Io } from './io.ts';

/**
 * Runs `work` until it ends or the operator interrupts it. The first SIGINT or SIGTERM aborts the
 * signal: what is under way ends, nothing new is begun. The second one ends the process.
 */
export async function untilInterrupted<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) io.exit(exitStatus.interrupted);
    io.stderr.write('\ndabook: interrupted; ending what is under way (again to end at once)\n');
    controller.abort(new DabookError('interrupted', 'interrupted'));
  };
  io.on('SIGINT', onSignal);
  io.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    io.off('SIGINT', onSignal);
    io.off('SIGTERM', onSignal);
  }
}
