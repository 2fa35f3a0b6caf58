import type { Change } from '../events.ts';

/** What a run would do, kept in a file: to be read, agreed to, and then done. No secret is in it. */
export interface KeptPlan {
  /** Of this format. */
  readonly format: 1;
  /** The version of dabook that made it. */
  readonly dabook: string;
  /** ISO time. */
  readonly madeAt: string;
  readonly playbook: {
    readonly name: string;
    /** As it was given. */
    readonly file: string;
    /** Of its source, that of the modules which it imports included. */
    readonly digest: string;
  };
  readonly given: GivenOptions;
  readonly input: {
    /** Digests of the variables, secrets included: those of the playbook, and those of each host. */
    readonly vars: string;
    readonly hosts: Readonly<Record<string, string>>;
    /** Digest of the order of the hosts: it is that in which they are served. */
    readonly order: string;
  };
  /** `waiting`: something is to be done by hand; what is behind it is planned without the answers. */
  readonly outcome: 'ok' | 'waiting';
  /** In the order in which they were planned. */
  readonly tasks: readonly PlannedTask[];
}

/** The options of the command line that decide what is done: with these it is applied. */
export interface GivenOptions {
  readonly inventory: readonly string[];
  readonly extraVars: readonly string[];
  readonly limit?: string;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: true;
  readonly askPass?: true;
  readonly askBecomePass?: true;
}

/** One task that would change its host. */
export interface PlannedTask {
  readonly host: string;
  /** The task's name, such as `labelNode`. */
  readonly name: string;
  readonly title: string;
  readonly play?: string;
  readonly asRoot?: true;
  /** `unknown`: what it changes follows from what an earlier one is yet to do. */
  readonly status: 'would-change' | 'unknown' | 'waiting';
  readonly changes: readonly Change[];
  readonly steps: readonly string[];
  /** It observes nothing: its steps are always done. */
  readonly opaque?: true;
  readonly destroys?: readonly string[];
  readonly mayDestroy?: true;
  /** What may stand in its way, and nobody can know before: `may not work: …`. */
  readonly doubt?: string;
  /** Which folders that it writes to are elsewhere in truth: `/opt/app leads to /srv/app`. */
  readonly leads?: readonly string[];
  /** Of its whole change, secrets included. */
  readonly digest: string;
  /** Of the commands that it runs, with what they read; none where it runs none. */
  readonly runs?: string;
}
