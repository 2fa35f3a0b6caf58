import { DabookError } from '../errors.ts';
import { exitStatus, type Io } from './io.ts';

/** What asks a program to end: by hand, by the system, by a terminal that goes away. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` until it ends or the operator interrupts it. The first signal aborts the controller:
 * what is under way ends, nothing new is begun. The second one ends the process.
 * @param work is given what a signal does, for a Ctrl-C that is read as a key
 */
export async function untilInterrupted<T>(
  io: Io,
  controller: AbortController,
  work: (interrupt: () => void) => Promise<T>,
): Promise<T> {
  let again = false;
  const onSignal = () => {
    if (again) io.exit(exitStatus.interrupted);
    again = true;
    io.stderr.write('\ndabook: interrupted; ending what is under way (again to end at once)\n');
    controller.abort(new DabookError('interrupted', 'interrupted'));
  };
  for (const signal of signals) io.on(signal, onSignal);
  try {
    return await work(onSignal);
  } finally {
    for (const signal of signals) io.off(signal, onSignal);
  }
}
