import { endOf } from './collection.ts';
import { splice } from './lines.ts';
import { onlyEntry } from './read-entry.ts';
import { plainOrQuoted, quoted } from './render.ts';

/**
 * A block under another key, and all else as it was: the way to a further service that is written as the
 * operator wrote the first. `editYaml` makes the rest of what differs.
 * @param block what `blockOf` gave
 * @throws DabookError `refused` for a text that is not one entry of a mapping
 * @example renameKey('policy:\n  image: a\n', 'policy1') // 'policy1:\n  image: a\n'
 */
export function renameKey(block: string, name: string): string {
  const { entry } = onlyEntry(block);
  const token = entry.keyToken;
  if (token === undefined || entry.key === name) return block;
  return splice(block, { start: token.offset, end: endOf(token), text: written(name, token.type) });
}

function written(name: string, type: string): string {
  if (type === 'single-quoted-scalar') return quoted(name, 'QUOTE_SINGLE');
  return type === 'double-quoted-scalar'
    ? quoted(name, 'QUOTE_DOUBLE')
    : plainOrQuoted(name, false, 'QUOTE_DOUBLE');
}
