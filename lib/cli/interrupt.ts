import { DabookError } from '../errors.ts';
import { exitStatus, type Io } from './io.ts';

/** What asks a program to end: by hand, by the system, by a terminal that goes away. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Milliseconds that ending by force may take: longer than a keeper on a host gives what it ends. */
const patience = 15_000;

/** What signals do to a run. */
export interface Interrupts {
  /** Aborted by the first: nothing new is begun, what is under way ends. */
  readonly first: AbortController;
  /** Aborted by the second: what is under way on the hosts is ended there. */
  readonly second: AbortController;
}

/**
 * Runs `work` until it ends or the operator interrupts it: once to begin nothing new, again to end what is under
 * way on the hosts. After a third time, or where that takes too long, the process ends; what is left on hosts that can
 * be reached ends with its connection.
 * @param work is given what a signal does, for a Ctrl-C that is read as a key
 */
export async function untilInterrupted<T>(
  io: Io,
  { first, second }: Interrupts,
  work: (interrupt: () => void) => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let times = 0;
  const onSignal = () => {
    times += 1;
    if (times === 1) {
      io.stderr.write('\ndabook: interrupted; waiting for the steps under way (again to end them)\n');
      first.abort(interrupted());
    } else if (times === 2) {
      io.stderr.write('\ndabook: ending what is under way on the hosts (again to leave at once)\n');
      timer = setTimeout(() => io.exit(exitStatus.interrupted), patience);
      second.abort(interrupted());
    } else {
      io.exit(exitStatus.interrupted);
    }
  };
  for (const signal of signals) io.on(signal, onSignal);
  try {
    return await work(onSignal);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) {
      // The process is about to end with the status of the run: it does not die of one that comes late.
      io.on(signal, untilAgain(io));
      io.off(signal, onSignal);
    }
  }
}

/** The first is let pass; after that somebody waits for what does not end by itself, such as a reader that is stuck. */
function untilAgain(io: Io): () => void {
  let times = 0;
  return () => {
    times += 1;
    if (times > 1) io.exit(exitStatus.interrupted);
  };
}

function interrupted(): DabookError {
  return new DabookError('interrupted', 'interrupted');
}
