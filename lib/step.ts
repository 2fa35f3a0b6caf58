import { ownership } from './ownership.ts';
import { posixQuote } from './posix-quote.ts';
import type { Secret } from './secret.ts';
import type { Command } from './sh.ts';

/** What a step does to a host, as data: shown, logged, counted and tested without one. */
export type Step = ExecStep | PutStep | AttributesStep | DockerStep;

/** A command. */
export interface ExecStep {
  readonly kind: 'exec';
  readonly command: Command;
  readonly stdin?: string | Secret | undefined;
  /** What its stderr says when others are at work on the same thing: the engine then decides anew. */
  readonly conflicts?: RegExp | undefined;
  /** What the operator can do when it fails. */
  readonly hint?: string | undefined;
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

/**
 * A step that calls the Docker Engine API.
 * @example docker('POST', '/swarm/leave?force=true', { title: 'leave the swarm' })
 */
export function docker(
  method: 'POST' | 'DELETE',
  path: string,
  call: { readonly title: string; readonly body?: unknown; readonly hint?: string },
): DockerStep {
  return { kind: 'docker', method, path, ...call };
}

/** A step as it may be shown. */
export function showStep(step: Step): string {
  switch (step.kind) {
    case 'exec':
      return step.stdin === undefined
        ? step.command.text
        : `${step.command.text} < ${shownStdin(step.stdin)}`;
    case 'put': {
      const owners = ownership(step);
      const owned = owners === '' ? '' : ` owned by ${owners}`;
      return `write ${posixQuote(step.path)} mode ${step.mode}${owned}`;
    }
    case 'attributes': {
      const owners = ownership(step);
      const chown = owners === '' ? [] : [`chown ${owners}`];
      const chmod = step.mode === undefined ? [] : [`chmod ${step.mode}`];
      return `${[...chown, ...chmod].join(', ')} ${posixQuote(step.path)}`;
    }
    case 'docker':
      return `${step.title} (${step.method} ${step.path})`;
  }
}

function shownStdin(stdin: string | Secret): string {
  return typeof stdin === 'string' ? `${Buffer.byteLength(stdin)} bytes` : stdin.toString();
}
