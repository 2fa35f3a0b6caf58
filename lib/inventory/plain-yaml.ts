import { coreValue } from './core-value.ts';
import { createCursor } from './cursor.ts';
import type { Place } from './place.ts';
import type { ScalarTree, Tree } from './tree.ts';
import type { Pair, TreeBuilder } from './tree-builder.ts';

/** Beside these, a tab, a control character, another kind of line break: the library knows what they mean. */
const ORDINARY = /^[\n -~\p{L}\p{M}\p{N}]*$/u;
const EMPTY_LINE = / *(?:#[^\n]*)?\n/y;
const END_OF_LINE = /(?: +#[^\n]*| *)\n/y;
const START = /---(?: +#[^\n]*| *)\n/y;
const BLANKS = / */y;
const WHITE = /[ \n]*/y;
const DASH = /-(?=[ \n])/y;
const COLON = /:(?=[ \n])/y;
const NAME = /[&*][\w-]+(?=[ \n,\]}])/y;
const DOUBLE = /"(?:[^"\\\n]|\\["\\nt])*"/y;
const SINGLE = /'(?:[^'\n]|'')*'/y;
/** Shorter than the length from which on the library refuses a key. */
const KEY = /[\w/<~\x80-\uffff](?:[^\s:]|:(?=\S)){0,1000}(?=:[ \n])/y;
const WORD = /(?:[^\s,[\]{}#&*!|>'"%@`?:-]|-(?=\w))(?:[^\s:#]|:(?=\S)|(?<=\S)#| +(?=[^\s:#]))*/y;
/** Within brackets, where a comma ends a word. */
const FLOW_WORD = /[\w/](?:[^\s,[\]{}:#]|:(?=[^\s,[\]{}])| +(?=[^\s,[\]{}:#]))*/y;

const DEEPEST = 100;
class NotPlain extends Error {}

/**
 * Reads YAML that is written plainly, many times as fast as the library does: mappings and lists by indentation,
 * words, quoted texts and bracketed collections of one line each, anchors and aliases; and JSON. Of any other value
 * the library is asked alone. What it returns is what the library makes of the same text as a whole.
 * @param ask reads a mapping of one key, and returns its value; `shift` is to be added to the offsets of its places
 * @returns nothing where anything is not right, or stands where it is not expected
 */
export function plainYaml(
  given: string,
  build: TreeBuilder,
  ask: (entry: string, shift: number) => Tree | undefined,
): Tree | undefined {
  if (!ORDINARY.test(given)) return undefined;
  const text = given.endsWith('\n') ? given : `${given}\n`;
  const cursor = createCursor(text);
  const { is, skip, take } = cursor;
  /** Of the first word of the line that comes next; none at the end of the text. */
  let column = -1;
  let depth = 0;
  /** Each name once: the same few variables are given to thousands of hosts. */
  const names = new Map<string, string>();
  /** What may stand between the parts of a bracketed collection. */
  let gap = BLANKS;

  const must = <T>(part: T | undefined | false): T => {
    if (part === undefined || part === false) throw new NotPlain();
    return part;
  };

  function shared(name: string): string {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  }

  function nextLine(): void {
    while (skip(EMPTY_LINE));
    const start = cursor.at;
    skip(BLANKS);
    column = cursor.at === text.length ? -1 : cursor.at - start;
  }

  function block(own: number): Tree {
    must(++depth < DEEPEST);
    const tree = is(DASH) ? blockList(own) : blockMap(own);
    depth--;
    // deeper than what it should stand beside: a text that goes on, or a mistake
    must(column <= own);
    return tree;
  }

  function blockMap(own: number): Tree {
    const place = build.place(cursor.at);
    const pairs: Pair[] = [];
    do {
      const key = build.place(cursor.at);
      const quoted = quotedText();
      const name = shared(must(quoted ?? take(KEY)));
      must(skip(COLON));
      pairs.push({ name, plain: quoted === undefined, key, tree: value(own, key) });
    } while (column === own);
    return build.map(place, pairs);
  }

  function blockList(own: number): Tree {
    const place = build.place(cursor.at);
    const items: Tree[] = [];
    do {
      const dash = cursor.at;
      must(skip(DASH));
      const blanks = take(BLANKS) ?? '';
      const startsKey = is(KEY) || (quotedText() !== undefined && is(COLON));
      cursor.at = dash + 1 + blanks.length;
      if (startsKey || is(DASH)) items.push(block(own + cursor.at - dash));
      else {
        cursor.at = dash + 1;
        items.push(value(own));
      }
    } while (column === own && is(DASH));
    return build.list(place, items);
  }

  /** What follows a colon, or a dash, up to the line that begins something else. */
  function value(own: number, key?: Place): Tree {
    const hasAnchor = !is(END_OF_LINE) && skip(BLANKS) && text[cursor.at] === '&';
    const anchor = hasAnchor ? must(take(NAME)).slice(1) : undefined;
    let tree: Tree;
    if (skip(END_OF_LINE)) {
      nextLine();
      if (column > own || (key !== undefined && column === own && is(DASH))) tree = block(column);
      else tree = build.scalar(must(anchor === undefined && key), null, '');
    } else {
      skip(BLANKS);
      const read = inlineValue();
      // what goes on in the next line is no plain word
      if (read !== undefined && column <= own) tree = read;
      else tree = askFor(own, must(key).offset);
    }
    if (anchor !== undefined) build.anchor(anchor, tree);
    return tree;
  }

  /** Nothing where the rest of the line is not plain. */
  function inlineValue(): Tree | undefined {
    const before = depth;
    try {
      const tree = inline(WORD);
      must(skip(END_OF_LINE));
      nextLine();
      return tree;
    } catch (error) {
      if (!(error instanceof NotPlain)) throw error;
      depth = before;
      return undefined;
    }
  }

  /** Leaves one key with its value to the library: its line and those that are indented deeper than it. */
  function askFor(own: number, start: number): Tree {
    cursor.at = text.indexOf('\n', start) + 1;
    nextLine();
    while (column > own) {
      cursor.at = text.indexOf('\n', cursor.at) + 1;
      nextLine();
    }
    const end = column < 0 ? text.length : cursor.at - column;
    return must(ask(' '.repeat(own) + given.slice(start, end), start - own));
  }

  function inline(pattern: RegExp): Tree {
    const place = build.place(cursor.at);
    switch (text[cursor.at]) {
      case '*':
        return build.alias(place, must(take(NAME)).slice(1));
      case '[':
      case '{':
        return collection(place);
      default: {
        const quoted = quotedText();
        if (quoted !== undefined) return build.scalar(place, quoted, quoted);
        const word = must(take(pattern));
        return build.scalar(place, coreValue(word), word);
      }
    }
  }

  function collection(place: Place): Tree {
    must(++depth < DEEPEST);
    const isList = cursor.next() === '[';
    const end = isList ? ']' : '}';
    const items: Tree[] = [];
    const pairs: Pair[] = [];
    skip(gap);
    while (text[cursor.at] !== end) {
      if (isList) items.push(inline(FLOW_WORD));
      else pairs.push(pair());
      skip(gap);
      if (text[cursor.at] === end) break;
      must(cursor.next() === ',');
      skip(gap);
      must(text[cursor.at] !== end);
    }
    cursor.at++;
    depth--;
    return isList ? build.list(place, items) : build.map(place, pairs);
  }

  function pair(): Pair {
    const key = build.place(cursor.at);
    const quoted = quotedText();
    const name = shared(must(quoted ?? take(FLOW_WORD)));
    if (quoted === undefined) must(skip(COLON));
    else must(cursor.next() === ':');
    skip(gap);
    return { name, plain: quoted === undefined, key, tree: inline(FLOW_WORD) };
  }

  function quotedText(): string | undefined {
    if (text[cursor.at] === '"') {
      const written = must(take(DOUBLE));
      return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
    }
    return text[cursor.at] === "'" ? must(take(SINGLE)).slice(1, -1).replaceAll("''", "'") : undefined;
  }

  function document(): Tree {
    while (skip(EMPTY_LINE));
    skip(START);
    nextLine();
    must(column >= 0);
    if (text[cursor.at] !== '{') return block(column);
    gap = WHITE;
    const tree = collection(build.place(cursor.at));
    must(skip(END_OF_LINE));
    nextLine();
    return tree;
  }

  try {
    const tree = document();
    return column < 0 ? tree : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}
