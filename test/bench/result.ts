import type { Wanted } from './define-case.ts';
import type { Sample } from './sample.ts';

/** What a tool's runs of a case gave. */
export interface ToolResult {
  readonly name: string;
  /** In the order of the rounds. */
  readonly samples: readonly Sample[];
  /** Round trips, bytes and connections of one run. */
  readonly counts: Partial<Sample>;
  /** Why it has no samples, or fewer than were asked for. */
  readonly fault?: string;
}

/** What a case gave. */
export interface CaseResult {
  readonly name: string;
  readonly title: string;
  readonly tools: readonly ToolResult[];
  readonly wanted: readonly Wanted[];
}
