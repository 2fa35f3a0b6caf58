import { codeOf, type DabookError } from './errors.ts';
import type { TaskPlanned } from './events.ts';

/** A task that is about to change its host. */
export interface Intent {
  /** The task's name, such as `labelNode`. */
  readonly name: string;
  readonly title: string;
  /** As it is told: no secret is in it. */
  readonly planned: Omit<TaskPlanned, 'at'>;
}

/** Whoever answers for what a run changes. */
export interface Approval {
  /**
   * Awaited once, before the first host is locked or changed.
   * @throws DabookError `unapproved` where nothing is to be changed, which ends the run
   */
  seek(signal: AbortSignal): Promise<void>;
  /**
   * Awaited before each task that changes its host.
   * @throws DabookError `unapproved` where that is not to be done, which ends the run
   */
  allow(intent: Intent, signal: AbortSignal): Promise<void>;
}

/** The approval of a run, as its tasks ask for it. */
export interface Consent {
  /** Settles once the run may change something at all. */
  sought(): Promise<void>;
  /** When that was, by `performance.now()`: what was read before may have changed while somebody thought about it. */
  readonly soughtAt: number;
  /** Settles once this may be done. */
  to(intent: Intent): Promise<void>;
}

/**
 * Makes the consent of a run.
 * @param approval all is agreed to without one
 * @param end ends the run
 */
export function createConsent(
  approval: Approval | undefined,
  end: (error: DabookError) => void,
  signal: AbortSignal,
): Consent {
  let seeking: Promise<void> | undefined;
  let soughtAt = 0;

  async function ending(asked: Promise<void>): Promise<void> {
    await asked.catch((error: unknown) => {
      if (codeOf(error) === 'unapproved') end(error as DabookError);
      throw error;
    });
    signal.throwIfAborted();
  }

  return {
    async sought() {
      if (approval === undefined) return;
      seeking ??= ending(approval.seek(signal)).then(() => {
        soughtAt = performance.now();
      });
      await seeking;
    },
    get soughtAt() {
      return soughtAt;
    },
    async to(intent) {
      if (approval !== undefined) await ending(approval.allow(intent, signal));
    },
  };
}
