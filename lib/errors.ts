import { inspect } from 'node:util';
import type { Form } from './form.ts';
import type { InputFault } from './input-fault.ts';

/**
 * What kind of fault an error is. Checked by value, never by `instanceof`: a playbook may have loaded
 * another copy of this class.
 *
 * - `usage`, `playbook`, `inventory`: the input is wrong; found before any connection (exit status 2)
 * - `unreachable`: a host could not be reached, or not again (exit status 4)
 * - `lost`: the connection died: whether what was under way was done is not known (exit status 4)
 * - `become`: the host was reached, but would not give the rights asked for
 * - `deadline`: the whole run took too long
 * - `refused`: a task must not be done, said by its `want`
 * - `command`: a command or an Engine API call failed
 * - `conflict`: somebody else wrote first; the engine reads again and decides anew
 * - `not-converged`: the steps were done and the fact still differs
 * - `waiting`: something is to be done by hand and told before the run can go on (exit status 3)
 * - `locked`: another run holds the lock, or took it over (exit status 5)
 * - `unapproved`: nobody has agreed to what would be done next (exit status 7)
 * - `run`: a play or a run ended because of failures already told
 * - `bug`: cannot happen
 */
export type ErrorCode =
  | 'usage'
  | 'playbook'
  | 'inventory'
  | 'unreachable'
  | 'lost'
  | 'become'
  | 'deadline'
  | 'refused'
  | 'command'
  | 'conflict'
  | 'not-converged'
  | 'waiting'
  | 'locked'
  | 'unapproved'
  | 'run'
  | 'interrupted'
  | 'bug';

/** The command that failed, as it may be shown: no secret is in it. */
export interface FailedCommand {
  readonly shown: string;
  /** Exit status, or the HTTP status of an Engine API call. */
  readonly status: number;
  /** The last lines of stderr, or the Engine's message. */
  readonly stderr: string;
}

export interface ErrorDetails {
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly command?: FailedCommand | undefined;
  /** Everything that is wrong with the input, for `usage`, `playbook` and `inventory`. */
  readonly faults?: readonly InputFault[] | undefined;
  /** What the operator is to do and to tell, for `waiting`. */
  readonly form?: Form | undefined;
}

/** The one error class: made where the fault is known, printed once, by the command line. */
export class DabookError extends Error {
  override readonly name = 'DabookError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly command: FailedCommand | undefined;
  readonly faults: readonly InputFault[];
  readonly form: Form | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.command = details.command;
    this.faults = details.faults ?? [];
    this.form = details.form;
  }
}

/** The code of any error: `bug` for what no part of dabook threw on purpose. */
export function codeOf(error: unknown): ErrorCode {
  const isOurs = error instanceof Error && error.name === 'DabookError' && 'code' in error;
  return isOurs ? (error.code as ErrorCode) : 'bug';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  // A playbook may have put anything there.
  const message: unknown = error instanceof Error ? error.message : error;
  if (typeof message === 'string') return message;
  // Not every value becomes a text: a secret refuses, and so does an object without a prototype.
  return typeof message === 'object' ? inspect(message) : String(message);
}
