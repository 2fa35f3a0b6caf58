import type { Amount } from './batches.ts';
import type { Host } from './host.ts';

/** How a play goes about its hosts. */
export interface PlayOptions<H extends Host = Host> {
  /** Hosts in a batch; a batch begins when the one before it has ended. All at once by default. */
  readonly serial?: Amount | readonly Amount[];
  /** Hosts served at once within a batch; the command line's `--forks` by default. */
  readonly forks?: number;
  /** How many hosts may fail before the run ends; 0 by default: the batch ends first, then the run. */
  readonly maxFail?: Amount;
  /** Root may be taken, by the tasks that need it; what the inventory says by default. */
  readonly become?: boolean;
  /**
   * What steps of this play destroy is confirmed by the playbook: a run without a terminal needs no `--yes` for it.
   * False by default.
   */
  readonly mayDestroy?: boolean;
  /**
   * What is to be done on a host when `work` has ended there, however it ended: after a failure, and after an
   * interrupt too. The place to take back what must not stay, which a `finally` in `work` is not: nothing new is
   * begun after an interrupt. It then has a minute, and a second interrupt ends it. Its own failure is told beside
   * that of `work`, never in its place. A host where `work` was not begun is left out.
   * @example { always: (host) => host.run(nodeAvailability({ node, availability: 'active' })) }
   */
  readonly always?: (host: H) => Promise<unknown>;
}
