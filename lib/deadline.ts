/** Ends waiting when a signal is aborted. */
export interface Abortable {
  /**
   * A promise, or the signal's reason when it is aborted first. What the promise stands for goes on.
   * @throws the signal's own reason
   */
  unlessAborted<T>(promise: Promise<T>): Promise<T>;
}

/**
 * Makes what ends waiting when a signal is aborted. It listens to the signal once, however much is waited for: a
 * signal looks through all of its listeners for each one that is added.
 */
export function createAbortable(signal: AbortSignal): Abortable {
  const waiting = new Set<(reason: unknown) => void>();
  signal.addEventListener('abort', () => {
    for (const fail of waiting) fail(signal.reason);
  });
  return {
    async unlessAborted(promise) {
      // Whatever comes of it after the race is nobody's business any more.
      promise.catch(() => {});
      signal.throwIfAborted();
      let onAbort = (_reason: unknown) => {};
      const aborted = new Promise<never>((_, fail) => {
        onAbort = fail;
        waiting.add(fail);
      });
      return Promise.race([promise, aborted]).finally(() => waiting.delete(onAbort));
    },
  };
}

export interface Deadline {
  readonly seconds: number;
  /** The error when it is over. */
  readonly late: () => Error;
  /** While it holds, the deadline is put off. */
  readonly unless: () => boolean;
}

/** A promise, or an error when it takes too long. What it stands for goes on. */
export async function withDeadline<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  const { seconds, late, unless } = deadline;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, fail) => {
    timer = setInterval(() => {
      if (!unless()) fail(late());
    }, seconds * 1000);
  });
  return Promise.race([promise, tooLate]).finally(() => clearInterval(timer));
}
