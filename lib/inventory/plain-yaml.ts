import { createCursor } from '../cursor.ts';
import { BLANKS, COLON, DEEPEST, inlineYaml } from './inline-yaml.ts';
import { must, NotPlain } from './not-plain.ts';
import type { Place } from './place.ts';
import type { Tree } from './tree.ts';
import type { Pair, TreeBuilder } from './tree-builder.ts';

/** Beside these, a tab, a control character, another kind of line break: the library knows what they mean. */
const ORDINARY = /^[\n -~\p{L}\p{M}\p{N}]*$/u;
const EMPTY_LINE = / *(?:#[^\n]*)?\n/y;
const END_OF_LINE = /(?: +#[^\n]*| *)\n/y;
const START = /---(?: +#[^\n]*| *)\n/y;
const DASH = /-(?=[ \n])/y;
const ANCHOR = /&[\w-]+(?=[ \n])/y;
/** Shorter than the length from which on the library refuses a key. */
const KEY = /[\w/<~\x80-\uffff](?:[^\s:]|:(?=\S)){0,1000}(?=:[ \n])/y;

/**
 * Reads YAML that is written plainly, many times as fast as the library does: mappings and lists by indentation,
 * words, quoted texts and bracketed collections of one line each, anchors and aliases; and JSON. Where a key has any other
 * value, the library is asked for that key alone. What it returns is what the library makes of the same text as a whole.
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
  const inline = inlineYaml(cursor, build);
  /** Of the first word of the line that comes next; none at the end of the text. */
  let column = -1;
  let depth = 0;

  function nextLine(): void {
    while (skip(EMPTY_LINE));
    const start = cursor.at;
    skip(BLANKS);
    column = cursor.at === text.length ? -1 : cursor.at - start;
  }

  function block(own: number): Tree {
    depth += 1;
    must(depth < DEEPEST);
    const tree = is(DASH) ? blockList(own) : blockMap(own);
    depth -= 1;
    // deeper than what it should stand beside: a text that goes on, or a mistake
    must(column <= own);
    return tree;
  }

  function blockMap(own: number): Tree {
    const place = build.place(cursor.at);
    const pairs: Pair[] = [];
    do {
      const key = build.place(cursor.at);
      const quoted = inline.quotedText();
      const name = must(quoted ?? take(KEY));
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
      skip(BLANKS);
      const start = cursor.at;
      const startsKey = is(KEY) || (inline.quotedText() !== undefined && is(COLON));
      cursor.at = start;
      if (startsKey || is(DASH)) items.push(block(own + start - dash));
      else {
        cursor.at = dash + 1;
        items.push(value(own));
      }
    } while (column === own && is(DASH));
    return build.list(place, items);
  }

  /** What follows a colon, or a dash, up to the line that begins something else. */
  function value(own: number, key?: Place): Tree {
    const hasAnchor = !is(END_OF_LINE) && skip(BLANKS) && cursor.here() === '&';
    const anchor = hasAnchor ? must(take(ANCHOR)).slice(1) : undefined;
    let tree: Tree;
    if (skip(END_OF_LINE)) {
      nextLine();
      if (column > own || (key !== undefined && column === own && is(DASH))) tree = block(column);
      else tree = build.scalar(must(anchor === undefined && key), null, '');
    } else {
      skip(BLANKS);
      const read = inlineValue();
      // what goes on in the next line is no plain word
      tree = read !== undefined && column <= own ? read : askFor(own, must(key).offset);
    }
    if (anchor !== undefined) build.anchor(anchor, tree);
    return tree;
  }

  /** Nothing where the rest of the line is not plain. */
  function inlineValue(): Tree | undefined {
    try {
      const tree = inline.value();
      must(skip(END_OF_LINE));
      nextLine();
      return tree;
    } catch (error) {
      if (error instanceof NotPlain) return undefined;
      throw error;
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

  function document(): Tree {
    while (skip(EMPTY_LINE));
    skip(START);
    nextLine();
    must(column >= 0);
    if (cursor.here() !== '{') return block(column);
    const tree = inline.json();
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
