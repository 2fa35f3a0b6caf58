import { createCursor } from '../cursor.ts';
import { DabookError } from '../errors.ts';

/** Where something stands in an XML document: a small part of XPath, read. */
export interface Locator {
  /** As it was written. */
  readonly text: string;
  readonly steps: readonly LocatorStep[];
}

/** One step of a path. `deep` after `//`; `end` is how far the locator's text is read with it. */
export type LocatorStep = { readonly deep: boolean; readonly end: number } & (
  | { readonly kind: 'element'; readonly name: string; readonly predicates: readonly Predicate[] }
  | { readonly kind: 'self' }
  | { readonly kind: 'attribute'; readonly name: string }
);

/** A path that must lead somewhere from an element; with `equals`, to that text. */
interface Predicate {
  readonly steps: readonly LocatorStep[];
  readonly equals?: string;
}

const NAME = /[\p{L}_][\p{L}\p{N}_.·-]*(?::[\p{L}_][\p{L}\p{N}_.·-]*)?/uy;
const BLANKS = /[ \t\r\n]*/y;
const SEPARATOR = /\/\/?/y;
const AT = /@/y;
const ANY = /\*/y;
const SELF = /\.(?!\.)/y;
const OPEN = /\[/y;
const CLOSE = /\]/y;
const EQUALS = /=[ \t\r\n]*/y;
const LITERAL = /"[^"]*"|'[^']*'/y;

/**
 * Reads a locator: `configuration/core/id`, `//object[@name="Policy"]/attribute[@name="mHost"]/@value`.
 * Steps are `name`, `*` and `.`, after `/` or `//`; behind a name or `*` may stand `[path]` and
 * `[path = "text"]`, with `"` or `'`, as many as wanted. The last step may be `@attribute`. Names with a
 * namespace's prefix are taken as they are written.
 * @throws DabookError `playbook` for anything else of XPath, with the place where it begins
 */
export function readLocator(text: string): Locator {
  const cursor = createCursor(text);
  const { skip, take } = cursor;
  const stop = () => notUnderstood(text, cursor.at);

  function path(deep: boolean): LocatorStep[] {
    const next = step(deep);
    const isLast = next.kind === 'attribute';
    const between = isLast ? undefined : take(SEPARATOR);
    return between === undefined ? [next] : [next, ...path(between === '//')];
  }

  function step(deep: boolean): LocatorStep {
    if (skip(AT)) {
      const name = take(NAME);
      if (name === undefined) throw stop();
      return { kind: 'attribute', name, deep, end: cursor.at };
    }
    if (skip(SELF)) return { kind: 'self', deep, end: cursor.at };
    const name = take(ANY) ?? take(NAME);
    if (name === undefined) throw stop();
    const predicates: Predicate[] = [];
    while (skip(OPEN)) predicates.push(predicate());
    return { kind: 'element', name, predicates, deep, end: cursor.at };
  }

  function predicate(): Predicate {
    skip(BLANKS);
    const steps = path(false);
    skip(BLANKS);
    const isTest = skip(EQUALS);
    const literal = isTest ? take(LITERAL) : undefined;
    if (isTest && literal === undefined) throw stop();
    skip(BLANKS);
    if (!skip(CLOSE)) throw stop();
    return literal === undefined ? { steps } : { steps, equals: literal.slice(1, -1) };
  }

  const steps = path(take(SEPARATOR) === '//');
  if (cursor.at < text.length) throw stop();
  return { text, steps };
}

function notUnderstood(text: string, at: number): DabookError {
  const where = at < text.length ? `from its character ${at + 1} on: ${text.slice(at)}` : 'at its end';
  return new DabookError('playbook', `the locator ${text === '' ? '""' : text} is not understood ${where}`, {
    hint: `what is understood: a/b, a//b, //b, *, ., a[b], a[@x="text"], a[b/@x='text'], and @x as the last step`,
  });
}
