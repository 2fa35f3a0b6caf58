import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { DabookError } from './errors.ts';

/**
 * A value that only an apply can know: the join token of a swarm that is not made yet, the id of a node
 * that has not joined. Check mode passes it on and shows it; nothing can send it.
 */
export class Unknown {
  /** What it stands for, such as `id of node ha2`. */
  readonly what: string;
  /** Tells this unknown from every other one, of the same kind or not. */
  readonly id: string = randomUUID();

  constructor(what: string) {
    this.what = what;
  }

  toJSON(): string {
    return '(known after apply)';
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** Text made of an unknown would be sent as if it were known: refused. */
  toString(): never {
    throw new DabookError('bug', `${this.what} is known only after apply and cannot be made part of a text`, {
      hint: 'pass the value on as it is, or ask isKnown(value) first',
    });
  }
}

/** A value that may not be known yet in check mode. In an apply it always is. */
export type Later<T> = T | Unknown;

/** An unknown value. @param what what it stands for, shown in messages */
export function unknown(what: string): Unknown {
  return new Unknown(what);
}

/**
 * What a fact gives in check mode where only an apply can find its state: the task that reads it is then unknown, too.
 * @param what what it stands for, shown in messages
 */
export function laterState<S>(what: string): S {
  return new Unknown(what) as S;
}

/** True when the value is known now. @example if (isKnown(state.nodeId)) … */
export function isKnown<T>(value: Later<T>): value is Exclude<T, Unknown> {
  return !(value instanceof Unknown);
}
