import { isScalar, Schema } from 'yaml';
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
const MAY_BE_NO_TEXT = /^[-+.~\dnNtTfF]/;
/** What a word may be beside a text: the library's own types of YAML's core schema. */
const TYPES = new Schema({ schema: 'core' }).tags.flatMap((tag) =>
  tag.default === true && 'test' in tag && tag.test !== undefined ? [{ ...tag, test: tag.test }] : [],
);

class NotPlain extends Error {}

/**
 * Reads YAML that is written plainly, many times as fast as the library does: mappings and lists by indentation,
 * words, quoted texts and bracketed collections of one line each, anchors and aliases; and JSON. Whatever else there
 * is, and whatever is not right, it leaves alone. What it returns is what the library makes of the same text.
 * @param given without tabs and without what else is not {@link ORDINARY}, or nothing is returned
 * @returns nothing where the library has to be asked
 */
export function plainYaml(given: string, build: TreeBuilder): Tree | undefined {
  if (!ORDINARY.test(given)) return undefined;
  const text = given.endsWith('\n') ? given : `${given}\n`;
  let at = 0;
  /** Of the first word of the line that comes next; none at the end of the text. */
  let column = -1;
  let depth = 0;
  /** Each name once: the same few variables are given to thousands of hosts. */
  const names = new Map<string, string>();
  /** What may stand between the parts of a bracketed collection. */
  let gap = BLANKS;

  const is = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    return pattern.test(text);
  };

  /** Passes over what fits here. */
  const skip = (pattern: RegExp): boolean => {
    const fits = is(pattern);
    if (fits) at = pattern.lastIndex;
    return fits;
  };

  const take = (pattern: RegExp): string | undefined => {
    const start = at;
    return skip(pattern) ? text.slice(start, at) : undefined;
  };

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
    const start = at;
    skip(BLANKS);
    column = at === text.length ? -1 : at - start;
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
    const place = build.place(at);
    const pairs: Pair[] = [];
    do {
      const key = build.place(at);
      const quoted = quotedText();
      const name = shared(must(quoted ?? take(KEY)));
      must(skip(COLON));
      pairs.push({ name, plain: quoted === undefined, key, tree: value(own, key) });
    } while (column === own);
    return build.map(place, pairs);
  }

  function blockList(own: number): Tree {
    const place = build.place(at);
    const items: Tree[] = [];
    do {
      const dash = at;
      must(skip(DASH));
      const blanks = take(BLANKS) ?? '';
      const startsKey = is(KEY) || (quotedText() !== undefined && is(COLON));
      at = dash + 1 + blanks.length;
      if (startsKey || is(DASH)) items.push(block(own + at - dash));
      else {
        at = dash + 1;
        items.push(value(own));
      }
    } while (column === own && is(DASH));
    return build.list(place, items);
  }

  /** What follows a colon, or a dash, up to the line that begins something else. */
  function value(own: number, key?: Place): Tree {
    const hasAnchor = !is(END_OF_LINE) && skip(BLANKS) && text[at] === '&';
    const anchor = hasAnchor ? must(take(NAME)).slice(1) : undefined;
    let tree: Tree;
    if (skip(END_OF_LINE)) {
      nextLine();
      if (column > own || (key !== undefined && column === own && is(DASH))) tree = block(column);
      else tree = build.scalar(must(anchor === undefined && key), null, '');
    } else {
      skip(BLANKS);
      tree = inline(WORD);
      must(skip(END_OF_LINE));
      nextLine();
    }
    if (anchor !== undefined) build.anchor(anchor, tree);
    return tree;
  }

  function inline(pattern: RegExp): Tree {
    const place = build.place(at);
    switch (text[at]) {
      case '*':
        return build.alias(place, must(take(NAME)).slice(1));
      case '[':
      case '{':
        return collection(place);
      default: {
        const quoted = quotedText();
        return quoted === undefined ? word(place, must(take(pattern))) : build.scalar(place, quoted, quoted);
      }
    }
  }

  function collection(place: Place): Tree {
    must(++depth < DEEPEST);
    const isList = text[at++] === '[';
    const end = isList ? ']' : '}';
    const items: Tree[] = [];
    const pairs: Pair[] = [];
    skip(gap);
    while (text[at] !== end) {
      if (isList) items.push(inline(FLOW_WORD));
      else pairs.push(pair());
      skip(gap);
      if (text[at] === end) break;
      must(text[at++] === ',');
      skip(gap);
      must(text[at] !== end);
    }
    at++;
    depth--;
    return isList ? build.list(place, items) : build.map(place, pairs);
  }

  function pair(): Pair {
    const key = build.place(at);
    const quoted = quotedText();
    const name = shared(must(quoted ?? take(FLOW_WORD)));
    if (quoted === undefined) must(skip(COLON));
    else must(text[at++] === ':');
    skip(gap);
    return { name, plain: quoted === undefined, key, tree: inline(FLOW_WORD) };
  }

  function quotedText(): string | undefined {
    if (text[at] === '"') {
      const written = must(take(DOUBLE));
      return written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
    }
    return text[at] === "'" ? must(take(SINGLE)).slice(1, -1).replaceAll("''", "'") : undefined;
  }

  function word(place: Place, written: string): ScalarTree {
    const type = MAY_BE_NO_TEXT.test(written) && TYPES.find(({ test }) => test.test(written));
    if (!type) return build.scalar(place, written, written);
    const read = type.resolve(written, () => must(false), {});
    return build.scalar(place, isScalar(read) ? read.value : read, written);
  }

  function document(): Tree {
    while (skip(EMPTY_LINE));
    skip(START);
    nextLine();
    must(column >= 0);
    if (text[at] !== '{') return block(column);
    gap = WHITE;
    const tree = collection(build.place(at));
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
