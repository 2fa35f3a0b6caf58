import type { Bulk } from './bulk.ts';
import type { Secret } from './secret.ts';
import type { Command } from './sh.ts';
import { isKnown, type Later } from './unknown.ts';

/** What a command that only reads gave. */
export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface AskOptions {
  /** Exit statuses that are an answer; only 0 by default. */
  readonly ok?: readonly number[];
  /** What the command reads; nothing by default. Unlike the command it is never shown, and in no process list. */
  readonly stdin?: string | Secret;
}

/** What a fact may do on a host: ask. */
export interface Ask {
  /** The host's name in the inventory. */
  readonly host: string;
  /** True when commands run as root. */
  readonly become: boolean;
  /**
   * Runs a command that changes nothing.
   * @throws DabookError `command` for an exit status that is no answer
   * @example await ask.sh(sh`docker stack config -c -`, { stdin: text })
   */
  sh(command: Command, options?: AskOptions): Promise<Output>;
  /**
   * GETs a path of the Docker Engine API. `undefined` where the thing does not exist (404).
   * @throws DabookError `command` with the Engine's message for every other status
   */
  docker<T>(path: string): Promise<T | undefined>;
  /** Asks together with all facts that ask the same kind of question in this tick: one call for all of them. */
  bulk<Q extends string, A>(bulk: Bulk<Q, A>, question: Q): Promise<A>;
  /** Another fact of this host; in check mode as earlier tasks foresaw it. */
  fact<S>(fact: Fact<S>): Promise<S>;
  /** True in check mode when an earlier task foresaw a state of that fact: it is not what the host has now. */
  foreseen(fact: Fact<unknown>): boolean;
}

/** How a thing on a host is now: named by its key, read by asking. */
export interface Fact<S> {
  /** Facts with equal keys are the same thing; a foreseen state is remembered under it. */
  readonly key: string;
  /** False when a part of the key is not known yet: nothing can be read then. */
  readonly known: boolean;
  read(ask: Ask): Promise<S>;
  /** The state to assume while a part of the key is not known yet. */
  readonly whenUnknown?: (() => S) | undefined;
}

export interface FactDefinition<S> {
  /** What it is about: a name, then whatever tells one such thing from another. */
  readonly key: readonly [string, ...Later<string | number | boolean>[]];
  /** Reads it. May only ask: it runs in check mode too. */
  readonly read: (ask: Ask) => Promise<S>;
  /** The state to assume in check mode while a part of the key is not known: that of a new thing. */
  readonly whenUnknown?: () => S;
}

/**
 * Makes a fact.
 * @example
 * const hostname = fact({ key: ['hostname'], read: async (ask) => (await ask.sh(sh`hostname`)).stdout.trim() })
 */
export function fact<S>(definition: FactDefinition<S>): Fact<S> {
  const { key, read, whenUnknown } = definition;
  return {
    key: JSON.stringify(key.map((part) => (isKnown(part) ? part : { unknown: part.id }))),
    known: key.every(isKnown),
    read,
    whenUnknown,
  };
}
