import type { RunEnded, TaskStatus } from '../events.ts';

/** A stretch of time, in milliseconds of the clock that an event's `at` is read from. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What some of a run's time went into. */
export type Span =
  | RunSpan
  | PlaySpan
  | SlotSpan
  | WaitingSpan
  | ConnectingSpan
  | TaskSpan
  | SettlingSpan
  | CommandSpan;

export interface RunSpan extends Stretch {
  readonly kind: 'run';
  readonly playbook: string;
  readonly check: boolean;
  readonly outcome: RunEnded['outcome'];
  readonly roundTrips: RunEnded['roundTrips'];
}

interface PlaySpan extends Stretch {
  readonly kind: 'play';
  readonly play: string;
}

/** A host in a play: from the play's start to the end of the host's work, what it waited for a slot included. */
interface SlotSpan extends Stretch {
  readonly kind: 'slot';
  readonly host: string;
  readonly play: string;
}

/** From a play's start until a host has a slot of it. */
interface WaitingSpan extends Stretch {
  readonly kind: 'waiting';
  readonly host: string;
  readonly play: string;
}

interface ConnectingSpan extends Stretch {
  readonly kind: 'connecting';
  readonly host: string;
  readonly failed: boolean;
}

export interface TaskSpan extends Stretch {
  readonly kind: 'task';
  readonly host: string;
  readonly task: number;
  readonly name: string;
  readonly title: string;
  readonly play?: string | undefined;
  /** None for a task that the run's end cut off. */
  readonly status?: TaskStatus | undefined;
  /** Milliseconds, as the engine measured them. */
  readonly took: number;
  /** Milliseconds of it that its steps took. */
  readonly steps: number;
  /** Milliseconds of it that it settled. */
  readonly settling: number;
}

/** From a step's end until the task that it is of has ended, or goes on to other steps. */
interface SettlingSpan extends Stretch {
  readonly kind: 'settling';
  readonly host: string;
  readonly task: number;
}

export interface CommandSpan extends Stretch {
  readonly kind: 'command';
  readonly host: string;
  readonly task?: number | undefined;
  readonly purpose: 'fact' | 'step';
  readonly shown: string;
  /** None for a command that got no answer. */
  readonly answer?: { readonly status: number; readonly trip: number } | undefined;
  /** Nothing else is asked of its host when it ends. */
  readonly isLast: boolean;
}
