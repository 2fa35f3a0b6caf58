import type { Cursor } from '../cursor.ts';
import { coreValue } from './core-value.ts';
import { must } from './not-plain.ts';
import type { Tree } from './tree.ts';
import type { Pair, TreeBuilder } from './tree-builder.ts';

const ALIAS = /\*[\w-]+(?=[ \n,\]}])/y;
const DOUBLE = /"(?:[^"\\\n]|\\["\\nt])*"/y;
const SINGLE = /'(?:[^'\n]|'')*'/y;
const WORD = /(?:[^\s,[\]{}#&*!|>'"%@`?:-]|-(?=\w))(?:[^\s:#]|:(?=\S)|(?<=\S)#| +(?=[^\s:#]))*/y;
/** Within brackets, where a comma ends a word. */
const BRACKETED_WORD = /[\w/](?:[^\s,[\]{}:#]|:(?=[^\s,[\]{}])| +(?=[^\s,[\]{}:#]))*/y;
export const COLON = /:(?=[ \n])/y;
export const BLANKS = / */y;
const BLANKS_AND_LINES = /[ \n]*/y;
/** Collections within each other. */
export const DEEPEST = 100;

/** Reads values that stand in one line; each throws {@link NotPlain} where what is there is anything else. */
export interface InlineYaml {
  /** A word, a quoted text, an alias, or a bracketed collection of these. */
  value(): Tree;
  /** A bracketed collection of any number of lines, as in JSON. */
  json(): Tree;
  /** Nothing where no quote begins here. */
  quotedText(): string | undefined;
}

/** @param cursor where values are read, and which is moved behind them */
export function inlineYaml(cursor: Cursor, build: TreeBuilder): InlineYaml {
  const { skip, take } = cursor;

  function value(word: RegExp, gap: RegExp, depth: number): Tree {
    const place = build.place(cursor.at);
    switch (cursor.here()) {
      case '*':
        return build.alias(place, must(take(ALIAS)).slice(1));
      case '[':
      case '{':
        return collection(gap, depth + 1);
      default: {
        const quoted = quotedText();
        if (quoted !== undefined) return build.scalar(place, quoted, quoted);
        const written = must(take(word));
        return build.scalar(place, coreValue(written), written);
      }
    }
  }

  function collection(gap: RegExp, depth: number): Tree {
    must(depth < DEEPEST);
    const place = build.place(cursor.at);
    const isList = cursor.next() === '[';
    const end = isList ? ']' : '}';
    const items: Tree[] = [];
    const pairs: Pair[] = [];
    skip(gap);
    while (cursor.here() !== end) {
      if (isList) items.push(value(BRACKETED_WORD, gap, depth));
      else pairs.push(pair(gap, depth));
      skip(gap);
      if (cursor.here() === end) break;
      must(cursor.next() === ',');
      skip(gap);
      must(cursor.here() !== end);
    }
    cursor.next();
    return isList ? build.list(place, items) : build.map(place, pairs);
  }

  function pair(gap: RegExp, depth: number): Pair {
    const key = build.place(cursor.at);
    const quoted = quotedText();
    const name = must(quoted ?? take(BRACKETED_WORD));
    must(quoted === undefined ? skip(COLON) : cursor.next() === ':');
    skip(gap);
    return { name, plain: quoted === undefined, key, tree: value(BRACKETED_WORD, gap, depth) };
  }

  function quotedText(): string | undefined {
    switch (cursor.here()) {
      case '"': {
        const written = must(take(DOUBLE));
        return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
      }
      case "'":
        return must(take(SINGLE)).slice(1, -1).replaceAll("''", "'");
      default:
        return undefined;
    }
  }

  return {
    value: () => value(WORD, BLANKS, 0),
    json: () => collection(BLANKS_AND_LINES, 0),
    quotedText,
  };
}
