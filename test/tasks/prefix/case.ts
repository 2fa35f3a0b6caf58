import type { Answers } from '../../../lib/form.ts';
import type { Host } from '../../../lib/host.ts';
import type { Place } from './place.ts';

/** Work of one task, or of a few. */
export interface Case {
  readonly title: string;
  /** Why it cannot be done here. */
  readonly skip?: string | undefined;
  /** Makes the starting state in empty folders: the same each time, to the byte and the second. */
  prepare(at: Place): void | Promise<void>;
  /** Makes and does the tasks, all of them on one host. */
  work(host: Host, at: Place): Promise<unknown>;
  /** Whether it matters when the file at a path was changed; no by default. */
  readonly isTimed?: (path: string) => boolean;
  /** What more has to be the same at the end. */
  readonly also?: (at: Place) => Promise<unknown>;
  /** What the operator answers. */
  readonly answers?: Answers;
  /** A command without a condition: each run does it anew. */
  readonly isOpaque?: boolean;
  /** Moments in the middle of each step: before programs that its script changes things with, many or a few. */
  readonly within?: 'many' | 'few';
  /** So many more moments by time: of a step that takes a while. */
  readonly atRandom?: number;
}
