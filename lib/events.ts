import type { Form } from './form.ts';

/** What happens in a run, as plain JSON. Views are functions of these; nothing else tells them anything. */
export type Event =
  | RunStarted
  | PlayStarted
  | TaskStarted
  | TaskPlanned
  | HostStarted
  | HostConnected
  | HostEnded
  | StepStarted
  | StepEnded
  | CommandStarted
  | CommandProgress
  | CommandEnded
  | TaskEnded
  | HostLost
  | HostUnreachable
  | PlayEnded
  | Warning
  | RunEnded;

/** An event before the run stamps its time on it. */
export type Happening = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * How a task ended on a host. `lost`: the connection died under one of its steps, and could not be made again to see
 * whether that was done. `waiting`: the operator has something to do by hand first; a check goes on behind it. `unknown`, in
 * check mode only: what it finds follows from what an earlier task is yet to do.
 */
export type TaskStatus =
  | 'ok'
  | 'changed'
  | 'would-change'
  | 'unknown'
  | 'failed'
  | 'lost'
  | 'skipped'
  | 'waiting';

/** One difference between how a thing is and how it should be. */
export interface Change {
  /** Where, such as `labels.da-policy-service1`. Empty for the whole thing. */
  readonly path: string;
  readonly op: 'add' | 'change' | 'remove';
  readonly from?: Json;
  readonly to?: Json;
}

/** An error as it is told: once, with everything its reader needs. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The playbook's own line: `ha.ts:12`. */
  readonly where?: string;
  readonly command?: { readonly shown: string; readonly status: number; readonly stderr: string };
  readonly causes?: readonly string[];
}

/** What a host's tasks came to. In check mode `changed` counts what would change. */
export interface Counts {
  readonly ok: number;
  readonly changed: number;
  /** In check mode: what would become of them nobody can know before. */
  readonly unknown: number;
  readonly failed: number;
  readonly lost: number;
  readonly unreachable: number;
  readonly skipped: number;
  readonly waiting: number;
}

interface At {
  /** ISO time. */
  readonly at: string;
}

export interface RunStarted extends At {
  readonly type: 'run.started';
  readonly playbook: string;
  readonly check: boolean;
  readonly hosts: readonly string[];
}

export interface PlayStarted extends At {
  readonly type: 'play.started';
  readonly play: string;
  readonly hosts: readonly string[];
}

/** A host has a slot of its play: its work begins. */
export interface HostStarted extends At {
  readonly type: 'host.started';
  readonly host: string;
  readonly play: string;
}

/** The connection to a host stands; it is made when the host is first asked for something. */
export interface HostConnected extends At {
  readonly type: 'host.connected';
  readonly host: string;
  /** What it took, the wait for others that are being connected to included. */
  readonly seconds: number;
}

/** The work of a play for a host has ended, however it did. */
export interface HostEnded extends At {
  readonly type: 'host.ended';
  readonly host: string;
  readonly play: string;
  readonly seconds: number;
}

/** `task` numbers the tasks of a run, so that events of one task can be put together. */
interface OfTask extends At {
  readonly host: string;
  readonly task: number;
}

export interface TaskStarted extends OfTask {
  readonly type: 'task.started';
  /** The task's name, such as `labelNode`. */
  readonly name: string;
  /** What it does here, such as `label 4kx…`. */
  readonly title: string;
  /** The play's title; none for a task run outside any play. */
  readonly play?: string;
}

export interface TaskPlanned extends OfTask {
  readonly type: 'task.planned';
  readonly changes: readonly Change[];
  /** The steps as they may be shown, in order. */
  readonly steps: readonly string[];
  /** It takes root: for its commands, or to call the Docker Engine where the login user may not. */
  readonly asRoot?: true;
  /** Nothing could be observed: the steps are always done. */
  readonly opaque?: true;
  /** What the steps do that nothing brings back; behind `perhaps` what they may do, of a task that is `unknown` in a check. */
  readonly destroys?: readonly string[];
  /** The playbook itself says that it may. */
  readonly mayDestroy?: true;
  /** In check mode, which folders that the steps write to are elsewhere in truth: `/opt/app leads to /srv/app`. */
  readonly leads?: readonly string[];
  /** What changes, by a digest of the whole of it, secrets included; where the run was given a key for it. */
  readonly digest?: string;
  /** Which commands its steps run, and what these read, by a digest; where one is given, and there are commands. */
  readonly runs?: string;
  /** What the operator is to be asked. */
  readonly form?: Form;
}

/** A step is about to be done: told, and kept by a journal, before its host hears of it. */
export interface StepStarted extends OfTask {
  readonly type: 'step.started';
  /** Numbers the steps of a run. */
  readonly step: number;
  readonly shown: string;
}

/**
 * How a step ended. `lost`: the connection died while it was under way, so whether it has been done is not known.
 * `undone`: it was not begun, or waits for the operator.
 */
export interface StepEnded extends OfTask {
  readonly type: 'step.ended';
  readonly step: number;
  readonly shown: string;
  readonly outcome: 'done' | 'failed' | 'lost' | 'undone';
  readonly seconds: number;
}

export interface CommandStarted extends At {
  readonly type: 'command.started';
  readonly host: string;
  /** None for a fact that a playbook reads by itself. */
  readonly task?: number;
  readonly command: number;
  readonly purpose: 'fact' | 'step';
  readonly shown: string;
}

/** How far a large file has got. Told at most twice a second. */
export interface CommandProgress extends At {
  readonly type: 'command.progress';
  readonly host: string;
  readonly task?: number;
  readonly command: number;
  readonly shown: string;
  /** Bytes. */
  readonly sent: number;
  readonly size: number;
}

export interface CommandEnded extends At {
  readonly type: 'command.ended';
  readonly host: string;
  readonly task?: number;
  readonly command: number;
  readonly purpose: 'fact' | 'step';
  readonly shown: string;
  /** Exit status, or the HTTP status of an Engine API call. */
  readonly status: number;
  readonly seconds: number;
  /** Which round trip of the host carried it, from 1: what is asked in one tick travels together. */
  readonly trip: number;
}

export interface TaskEnded extends OfTask {
  readonly type: 'task.ended';
  readonly name: string;
  readonly title: string;
  readonly play?: string;
  readonly status: TaskStatus;
  readonly seconds: number;
  /** As in the event before; told of a task that changes nothing, too. */
  readonly asRoot?: true;
  readonly fault?: Fault;
  /** What else its reader should know, such as why it was skipped. */
  readonly note?: string;
  /** What the operator is to do and to tell, with the answers that there are; none of them is kept anywhere yet. */
  readonly form?: Form;
}

/** The connection to a host died, and is made again; it is `host.unreachable` where that fails. */
export interface HostLost extends At {
  readonly type: 'host.lost';
  readonly host: string;
  readonly fault: Fault;
}

export interface HostUnreachable extends At {
  readonly type: 'host.unreachable';
  readonly host: string;
  readonly fault: Fault;
}

export interface PlayEnded extends At {
  readonly type: 'play.ended';
  readonly play: string;
  readonly failed: readonly string[];
  readonly unreachable: readonly string[];
  readonly waiting: readonly string[];
  readonly seconds: number;
}

export interface Warning extends At {
  readonly type: 'warning';
  readonly host?: string;
  readonly message: string;
}

export interface RunEnded extends At {
  readonly type: 'run.ended';
  readonly check: boolean;
  /**
   * `waiting`: something is to be done by hand before the run can go on. `locked`: another run is at work there.
   * `unapproved`: what it would have done next nobody has agreed to.
   */
  readonly outcome: 'ok' | 'failed' | 'unreachable' | 'waiting' | 'interrupted' | 'locked' | 'unapproved';
  readonly seconds: number;
  readonly hosts: { readonly [host: string]: Counts };
  /** How often each host was waited for: what is asked in one tick costs one round trip. Of hosts that were connected to. */
  readonly roundTrips: { readonly [host: string]: number };
  /** What ended the run where no task's own fault says it already. */
  readonly fault?: Fault;
}
