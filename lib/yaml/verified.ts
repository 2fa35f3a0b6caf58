import { isDeepStrictEqual } from 'node:util';
import { codeOf, messageOf } from '../errors.ts';
import { parseYaml, type Yaml } from './parse-yaml.ts';
import { type Path, showPath, withValueAt } from './path.ts';

/** An edit that is about to be made. */
export interface Attempt {
  readonly before: Yaml;
  readonly at: Path;
  /** Where it begins in the text. */
  readonly offset: number;
  /** What is there afterwards, of all that the new text says; `undefined` for nothing. */
  readonly meant: (after: unknown) => unknown;
}

/**
 * The first of some texts that reads as the text before it did, but for one place.
 * @throws DabookError `refused` when none does: an anchor or a merge carries the change to another place
 */
export function verified({ before, at, offset, meant }: Attempt, texts: readonly string[]): string {
  let why: Misfit | undefined;
  for (const text of texts) {
    const misfit = misfitOf(text, before, at, meant);
    if (misfit === undefined) return text;
    why ??= misfit;
  }
  throw before.refuse(
    offset,
    `${showPath(at)} cannot be edited: ${why?.[0] ?? 'it has no place there'}`,
    why?.[1],
  );
}

type Misfit = readonly [why: string, hint?: string];

function misfitOf(text: string, before: Yaml, at: Path, meant: Attempt['meant']): Misfit | undefined {
  try {
    const after = parseYaml(text);
    return unlike(after, withValueAt(before.value, at, meant(after.value)), before);
  } catch (error) {
    if (codeOf(error) !== 'refused') throw error;
    // Its line and column are those of a text that nobody has.
    return [`the text would no longer be right: ${messageOf(error).replace(/^\d+:\d+: /, '')}`];
  }
}

/** Why a text does not say what it is to say; `undefined` where it does. */
function unlike(after: Yaml, expected: unknown, before: Yaml): Misfit | undefined {
  const known = new Set(before.unresolved.map(({ source }) => source));
  const lost = after.unresolved.find(({ source }) => !known.has(source));
  if (lost)
    return [`*${lost.source} would have no anchor &${lost.source} before it`, 'write its value out first'];
  if (isDeepStrictEqual(after.value, expected)) return undefined;
  return [
    `${showPath(difference(after.value, expected)) || 'the rest'} would change too`,
    'they share an anchor (&) or a merge (<<): write the value out in one of the places first',
  ];
}

/** Where two values differ first. */
function difference(a: unknown, b: unknown): Path {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return [];
  const [left, right] = [a, b].map((value) => new Map(Object.entries(value))) as [
    Map<string, unknown>,
    Map<string, unknown>,
  ];
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  const key = keys.find((name) => !isDeepStrictEqual(left.get(name), right.get(name)));
  if (key === undefined) return [];
  return [Array.isArray(a) ? Number(key) : key, ...difference(left.get(key), right.get(key))];
}
