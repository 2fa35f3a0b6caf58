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
