import type { Event } from '../events.ts';

/** What a line of a journal holds. Events of commands, of progress and of connections are not kept. */
export type JournalLine = RunMeta | GitState | Event;

/** The version of the format; a reader refuses a newer one. */
export const journalVersion = 1;

/** The first line: who runs what, from where. No secret is in it. */
export interface RunMeta {
  readonly type: 'journal.started';
  readonly version: number;
  /** The version of dabook. */
  readonly dabook: string;
  /** The run's id, which is its folder's name, too. */
  readonly run: string;
  /** ISO time. */
  readonly at: string;
  readonly by: RunBy;
  readonly cwd: string;
  readonly playbook: {
    readonly name: string;
    /** An absolute path. */
    readonly file: string;
    /** Of the file itself, not of what it imports. None where it could not be read. */
    readonly sha256?: string;
  };
  /** What `-i` was given. */
  readonly inventory: readonly string[];
  readonly options: RunOptionsGiven;
}

/** Who runs it: a user, on a machine, in a process of it. */
export interface RunBy {
  readonly user: string;
  /** Who became that user by sudo. */
  readonly sudoUser?: string;
  readonly host: string;
  readonly pid: number;
  /** When the process began, as its machine tells it: a later process may have the same number. */
  readonly started?: string;
}

/** The options of the run as they were given; of variables the names alone. */
export interface RunOptionsGiven {
  readonly check: boolean;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: boolean;
}

/** The state of the repository that the playbook lies in; comes when git has told it, if ever. */
export interface GitState {
  readonly type: 'journal.git';
  readonly at: string;
  /** None before the first commit. */
  readonly commit?: string;
  /** None where no branch is checked out. */
  readonly branch?: string;
  /** Files of the commit that differ from it. */
  readonly changed: number;
  /** Files that are neither in the commit nor ignored. */
  readonly untracked: number;
}
