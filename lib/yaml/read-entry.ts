import { refuse } from '../refuse.ts';
import { type Collection, collectionOf, type Entry } from './collection.ts';
import { columnOf, dedented, linesEnd } from './lines.ts';
import { parseYaml, type Yaml } from './parse-yaml.ts';
import { valueAt } from './path.ts';

/** A mapping's entry by itself, as some lines. */
export interface LooseEntry {
  readonly key: string | undefined;
  /** From column 0, with newlines as line ends, the last one too. */
  readonly lines: string;
  readonly value: unknown;
}

/**
 * Reads a text that is one entry of a mapping, however deep it stands.
 * @throws DabookError `refused` for anything else
 */
export function readEntry(block: string): LooseEntry {
  const text = block.replaceAll('\r\n', '\n').replace(/^(?:[ \t]*\n)+/, '');
  const { yaml, entry, holder } = onlyEntry(text);
  const column = columnOf(text, entry.start);
  const end = linesEnd(text, entry.end, Math.max(0, column - 1));
  const lines = dedented(text.slice(0, Math.max(end, holder.end)), column);
  return {
    key: entry.key,
    lines: lines.endsWith('\n') ? lines : `${lines}\n`,
    value: valueAt(yaml.value, [entry.key ?? '']),
  };
}

/** The one entry that a text is. */
export function onlyEntry(text: string): {
  readonly yaml: Yaml;
  readonly entry: Entry;
  readonly holder: Collection;
} {
  const yaml = parseYaml(text);
  const holder = collectionOf(yaml.contents);
  const [entry, second] = holder?.entries ?? [];
  if (entry?.key !== undefined && second === undefined && holder && !holder.flow)
    return { yaml, entry, holder };
  throw refuse(
    'a block is one entry of a mapping: a line with its key, and the lines below it',
    'take it from a text by blockOf',
  );
}
