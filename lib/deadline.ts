/**
 * A promise, or the signal's reason when it is aborted first. What the promise stands for goes on.
 * @throws the signal's own reason
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Whatever comes of it after the race is nobody's business any more.
  promise.catch(() => {});
  signal.throwIfAborted();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, fail) => {
    onAbort = () => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
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
