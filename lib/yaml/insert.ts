import type { Collection, Entry } from './collection.ts';
import { emptied } from './emptied.ts';
import type { Place } from './find-place.ts';
import { type Layout, layoutOf, quotingOf } from './layout.ts';
import {
  beginsLine,
  columnOf,
  indented,
  lineStart,
  linesEnd,
  nextLine,
  restOfLine,
  splice,
} from './lines.ts';
import type { Yaml } from './parse-yaml.ts';
import { braced, nested, nestedInline, type Style } from './render.ts';

/** What is written in a new place. */
export interface Addition {
  /** As lines from column 0. */
  readonly lines: (style: Style) => string;
  /** On one line, for a flow collection. */
  readonly inline: (style: Style) => string;
}

/** Writes something where nothing is, as the last entry of its collection. Nothing else changes. */
export function insert(yaml: Yaml, place: Exclude<Place, { kind: 'entry' }>, addition: Addition): string {
  const layout = layoutOf(yaml);
  const { text } = yaml;
  const { rest } = place;
  const holder = place.kind === 'missing' ? place.holder : place.in?.holder;
  const unquoted = { keys: undefined, texts: undefined };
  const isNew = place.kind === 'empty' && !holder?.flow;
  const style = { layout, quoting: holder === undefined || isNew ? unquoted : quotingOf(holder) };
  if (holder?.flow) {
    const inline = nestedInline(rest, addition.inline(style), style);
    if (place.kind === 'missing') return appendInline(text, holder, inline, layout);
    return place.in ? fillInline(text, place.in.entry, braced(rest[0] ?? '', inline)) : text;
  }
  const lines = nested(rest.slice(0, -1), addition.lines(style), style);
  if (place.kind === 'missing') return append(text, place.holder, lines, layout);
  return place.in ? fill(text, place.in.entry, lines, layout) : fillText(text, yaml.contents, lines, layout);
}

/** Behind the lines of a block collection's last entry, in its column. */
function append(text: string, { entries }: Collection, lines: string, layout: Layout): string {
  const own = entries.find(({ start }) => beginsLine(text, start)) ?? entries[0];
  const column = columnOf(text, own?.start ?? 0);
  const [before, last] = [entries.at(-2), entries.at(-1)];
  const at = linesEnd(text, last?.end ?? 0, column);
  const isApart = before !== undefined && last !== undefined && isBlankBetween(text, before, last, column);
  // The blank lines behind a block that keeps them are its own.
  const gap = isApart && !/\n\r?\n$/.test(text.slice(0, at)) ? '\n' : '';
  return insertLines(text, at, gap + indented(lines, column), layout);
}

function isBlankBetween(text: string, before: Entry, after: Entry, column: number): boolean {
  const between = text.slice(linesEnd(text, before.end, column), lineStart(text, after.start));
  return /^\r?\n/m.test(between);
}

/** Below a key, or behind a dash, that has no value yet. */
export function fill(text: string, entry: Entry, lines: string, layout: Layout): string {
  const bare = emptied(text, entry);
  const column = columnOf(bare, entry.start);
  if (entry.key === undefined && entry.keyToken === undefined) {
    const below = indented(lines, column + 2).replaceAll('\n', layout.lineEnd);
    if (restOfLine(bare, entry.head).trim() === '') {
      const first = below.slice(column + 2).replace(/\r?\n$/, '');
      return splice(bare, { start: entry.head, end: entry.head, text: ` ${first}` });
    }
    return insertLines(bare, nextLine(bare, entry.head), indented(lines, column + 2), layout);
  }
  const deeper = lines.startsWith('- ') && !layout.indentLists ? 0 : layout.step;
  return insertLines(bare, linesEnd(bare, entry.head, column), indented(lines, column + deeper), layout);
}

/** As the value of an entry of a flow collection that has none. */
function fillInline(text: string, { value, head, hasColon }: Entry, added: string): string {
  if (value !== undefined) return splice(text, { ...value, text: added });
  return splice(text, { start: head, end: head, text: `${hasColon ? '' : ':'} ${added}` });
}

/** A text that holds nothing but comments, perhaps between `---` and `...`. */
export function fillText(text: string, contents: Yaml['contents'], lines: string, layout: Layout): string {
  const [start, end] = contents?.range ?? [0, 0];
  const bare = splice(text, { start, end, text: '' });
  const closing = /^\.\.\.(?=\s|$)/m.exec(bare);
  return insertLines(bare, closing?.index ?? bare.length, lines, layout);
}

function insertLines(text: string, at: number, lines: string, layout: Layout): string {
  const written = lines.replaceAll('\n', layout.lineEnd);
  if (at < text.length || text.endsWith('\n') || /^\uFEFF?$/.test(text)) {
    return splice(text, { start: at, end: at, text: written });
  }
  // A last line without an end keeps it so.
  return text + layout.lineEnd + written.slice(0, -layout.lineEnd.length);
}

/** As the last entry of a flow collection: on a line of its own where the others are. */
function appendInline(
  text: string,
  { entries, start, end }: Collection,
  added: string,
  layout: Layout,
): string {
  const last = entries.at(-1);
  if (last === undefined) {
    const inner = text.slice(start + 1, end - 1);
    if (!/^[ \t]*$/.test(inner)) return splice(text, { start: start + 1, end: start + 1, text: added });
    const pad = inner === '' ? '' : ' ';
    return splice(text, { start: start + 1, end: end - 1, text: pad + added + pad });
  }
  const comma = commaBehind(text, last.end, end - 1);
  const behind = comma ?? last.end;
  const trailing = comma === undefined ? '' : ',';
  const separator = comma === undefined ? [{ start: last.end, end: last.end, text: ',' }] : [];
  const line = nextLine(text, behind);
  if (beginsLine(text, last.start) && line < end) {
    const blanks = text.slice(lineStart(text, last.start), last.start);
    const own = { start: line, end: line, text: blanks + added + trailing + layout.lineEnd };
    return splice(text, ...separator, own);
  }
  const lead = comma === undefined ? ', ' : ' ';
  return splice(text, { start: behind, end: behind, text: lead + added + trailing });
}

/** Behind the comma that follows an entry of a flow collection; `undefined` where none does. */
export function commaBehind(text: string, from: number, to: number): number | undefined {
  const [blanks = '', comma] = /^(?:\s|#[^\n]*)*(,?)/.exec(text.slice(from, to)) ?? [];
  return comma === ',' ? from + blanks.length : undefined;
}
