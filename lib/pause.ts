import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits.
 * @param milliseconds how long
 * @throws the signal's own reason when it is aborted meanwhile
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
