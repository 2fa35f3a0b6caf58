import type { Claim } from './claim.ts';
import type { Consent } from './consent.ts';
import type { Digests } from './converging.ts';
import type { Happening } from './events.ts';
import type { RunMachine } from './machine.ts';
import type { Operator } from './operator.ts';
import type { Redactor } from './redact.ts';
import type { UnderWay } from './under-way.ts';
import type { Unseen } from './unseen.ts';

/** What all parts of one run share. */
export interface RunContext {
  readonly check: boolean;
  readonly strict: boolean;
  /** How many hosts a play serves at once unless it says so itself. */
  readonly forks: number;
  readonly cwd: string;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  /** Names of the hosts that may be changed; the others are only read. */
  readonly limit: ReadonlySet<string>;
  /** Hosts that failed in some play: no later play holds them. */
  readonly failed: Map<string, unknown>;
  /** Errors that an event has told already. */
  readonly told: WeakSet<object>;
  readonly underWay: UnderWay;
  /** None where nobody can be asked. */
  readonly operator: Operator | undefined;
  emit(event: Happening): void;
  machineOf(host: string): RunMachine;
  nextTask(): number;
  nextStep(): number;
  /** The right to change hosts. */
  readonly claim: Claim;
  /** The word of whoever answers for what is changed. */
  readonly consent: Consent;
  /** What a check has foreseen and cannot see. */
  readonly unseen: Unseen;
  readonly digests: Digests | undefined;
  /** Settles when what has been told so far is safe, so that a step may be done. Never rejects. */
  beforeStep(): Promise<void>;
}

/** Remembers that an error has been told, so that nobody tells it again. */
export function markTold(context: RunContext, error: unknown): void {
  if (typeof error === 'object' && error !== null) context.told.add(error);
}

/** Whether an event has told this error. */
export function isTold(context: RunContext, error: unknown): boolean {
  return typeof error === 'object' && error !== null && context.told.has(error);
}
