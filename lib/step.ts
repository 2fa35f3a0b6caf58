import type { Form } from './form.ts';
import type { Owners } from './ownership.ts';
import type { Secret } from './secret.ts';
import type { Command } from './sh.ts';

/** What a step does to a host, as data: shown, logged, counted and tested without one. */
export type Step = ExecStep | PutStep | TreeStep | AttributesStep | DockerStep | FetchStep | AskStep;

/** A command. */
export interface ExecStep {
  readonly kind: 'exec';
  readonly command: Command;
  /** What it does, in words: `put back 3 files`. Shown in the place of a command that is too long to be read. */
  readonly title?: string | undefined;
  /** A text, or the bytes of a file. */
  readonly stdin?: string | Secret | Content | undefined;
  /** What its stderr says when others are at work on the same thing: the engine then decides anew. */
  readonly conflicts?: RegExp | undefined;
  /**
   * It goes on when the connection is lost or dabook ends, for work that takes long: performed again while it still
   * runs, with the same text and stdin, it is waited for and not begun a second time. Of each of its outputs the
   * last 64 KiB are kept. Its stdin lies on the host while it runs, where its user alone can read it.
   */
  readonly detached?: boolean | undefined;
  /** What the operator can do when it fails. */
  readonly hint?: string | undefined;
  readonly destroys?: Destroys;
  /** Which rights it needs on files. Of a command that says nothing of it nobody knows what it does to them, either. */
  readonly needs?: readonly Need[] | undefined;
}

/**
 * What a step needs of the files of its host. A check looks at it before; an apply when the step has failed.
 *
 * - `write`: in this folder something is made or removed. Of one that is missing nothing is said.
 * - `make`: this folder is made, with those above it, if it is missing.
 * - `replace`: this file is removed, or another one renamed over it, if it is there.
 * - `own`: mode, owner or times of this file or folder are set.
 */
export interface Need {
  readonly kind: 'write' | 'make' | 'replace' | 'own';
  readonly path: string;
  /** Whom it is given to, or what is made there. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Bytes that are written there; room is not looked at by default. */
  readonly size?: number | undefined;
}

/**
 * What a step does that nothing brings back, in words: `the swarm, with its services and secrets`. The plan shows it
 * apart, and the operator confirms it before anything is touched. None by default.
 */
export type Destroys = string | undefined;

/** What steps do that nothing brings back, of each that does. */
export function destructionsOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => ('destroys' in step && step.destroys ? [step.destroys] : []));
}

/** A file with owner and mode, written beside its place and renamed over it. */
export interface PutStep {
  readonly kind: 'put';
  readonly path: string;
  readonly content: Content;
  /** Four octal digits. */
  readonly mode: string;
  /** Name or number; the writing user's own by default. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/**
 * Files and folders below one folder, sent as one stream: made ready where nobody sees them, then each put into its
 * place at once. Whatever else is there stays. Paths are those below the folder, which is itself the path `''`.
 */
export interface TreeStep {
  readonly kind: 'tree';
  /** The folder on the host. The one that it is in is there. */
  readonly path: string;
  /** The folder of the control machine that the files come from. */
  readonly from: string;
  /** Those that are to be made, and those of which owner or mode change. */
  readonly folders: readonly TreeFolder[];
  readonly files: readonly TreeFile[];
}

export interface TreeFolder extends Owners {
  readonly path: string;
  readonly isNew: boolean;
  /** Four octal digits. One that is there keeps its own by default. */
  readonly mode?: string | undefined;
}

export interface TreeFile extends Owners {
  readonly path: string;
  /** False where only owner and mode change. */
  readonly isSent: boolean;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970: when the source was changed last. */
  readonly mtime: number;
  /** Four octal digits, without set-id bits. */
  readonly mode: string;
}

/** Mode and owner of a file that is there; its content is not touched. What is not given stays. */
export interface AttributesStep {
  readonly kind: 'attributes';
  readonly path: string;
  /** Four octal digits. A change of owner clears set-id bits: give those again. */
  readonly mode?: string | undefined;
  /** Name or number. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** One call of the Docker Engine API. Secrets in the body are filled in when it is sent. */
export interface DockerStep {
  readonly kind: 'docker';
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** What it does, in words: `update node 4kx…`. */
  readonly title: string;
  /** What the operator can do when it fails. */
  readonly hint?: string | undefined;
  readonly destroys?: Destroys;
}

/** What a command of the host prints becomes a file of the control machine, which only its user may read. */
export interface FetchStep {
  readonly kind: 'fetch';
  /** Changes nothing on the host. */
  readonly command: Command;
  /** What it prints, in words: `archive 3 paths`. Shown in the place of a command that is too long to be read. */
  readonly title?: string | undefined;
  /** On the control machine; its folder is made, for the user alone, where it is missing. */
  readonly path: string;
}

/**
 * The operator does something by hand and tells of it. The answers are kept in a file of the host, where this
 * and every later run reads them. Where nobody can be asked, the run ends here and waits for them.
 */
export interface AskStep {
  readonly kind: 'ask';
  readonly form: Form;
  /** The file that keeps the answers: YAML, by the names of the questions. */
  readonly keep: Omit<PutStep, 'kind' | 'content'>;
}

/** Where a file's content comes from. Fetched only when a step needs it; never part of an event. */
export type Content =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'secret'; readonly secret: Secret }
  | { readonly from: 'control'; readonly path: string; readonly sha256: string }
  | {
      readonly from: 'host';
      readonly host: string;
      readonly become: boolean;
      readonly path: string;
      readonly sha256: string;
    };

/** A step that runs a command. @example exec(sh`docker stack rm ${name}`) */
export function exec(command: Command, options: Omit<ExecStep, 'kind' | 'command'> = {}): ExecStep {
  return { kind: 'exec', command, ...options };
}

/** A step that writes a file. @example put('/etc/motd', { content: { from: 'text', text }, mode: '0644' }) */
export function put(path: string, file: Omit<PutStep, 'kind' | 'path'>): PutStep {
  return { kind: 'put', path, ...file };
}

/**
 * A step that sets mode and owner of a regular file, never of what a link points to.
 * @example attributes('/etc/motd', { mode: '0644', owner: 'root' })
 */
export function attributes(path: string, set: Omit<AttributesStep, 'kind' | 'path'>): AttributesStep {
  return { kind: 'attributes', path, ...set };
}

/** A step that writes files and folders below one folder. */
export function tree(path: string, what: Omit<TreeStep, 'kind' | 'path'>): TreeStep {
  return { kind: 'tree', path, ...what };
}

/**
 * A step that calls the Docker Engine API.
 * @example docker('POST', '/swarm/leave?force=true', { title: 'leave the swarm' })
 */
export function docker(
  method: 'POST' | 'DELETE',
  path: string,
  call: Omit<DockerStep, 'kind' | 'method' | 'path'>,
): DockerStep {
  return { kind: 'docker', method, path, ...call };
}

/**
 * A step that copies what a command prints into a file of the control machine.
 * @example fetch(sh`tar -cf - -C / opt/nexus/config`, 'backups/ha1.tar')
 */
export function fetch(command: Command, path: string, options: Pick<FetchStep, 'title'> = {}): FetchStep {
  return { kind: 'fetch', command, path, ...options };
}

/** A step that asks the operator. */
export function ask(form: Form, keep: AskStep['keep']): AskStep {
  return { kind: 'ask', form, keep };
}
