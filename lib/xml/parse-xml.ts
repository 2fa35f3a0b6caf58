import sax from 'sax';
import type { DabookError } from '../errors.ts';
import { refuse } from '../refuse.ts';
import { predefined } from './entities.ts';
import { placesIn } from './places-in.ts';
import { readAttributes } from './read-attributes.ts';
import type { Span, XmlAttribute, XmlElement, XmlPiece, XmlText } from './xml-element.ts';

interface Growing extends XmlElement {
  readonly attributes: readonly XmlAttribute[];
  readonly children: Growing[];
  readonly pieces: XmlPiece[];
  inner: Span | undefined;
}

const BETWEEN_TAGS = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|[^<]+/g;

/**
 * Reads an XML text into its elements and where they stand. Nothing outside of the text is read; of a DOCTYPE,
 * only that it may declare entities, which stay as they are written.
 * @param file what the text is called in messages
 * @throws DabookError `refused` with line and column for a text that is not well-formed, and for one that says
 * to be in another encoding than UTF-8
 */
export function parseXml(text: string, file: string): XmlText {
  const placeOf = placesIn(text);
  const malformed = (why: string, offset: number): DabookError => {
    const { line, column } = placeOf(offset);
    const hint = 'correct the file; nothing was changed';
    return refuse(`${file}:${line}:${column}: this is no well-formed XML: ${why}`, hint);
  };

  const parser = sax.parser(true);
  const document = element('', 0, [], { start: 0, end: 0 });
  const open: Growing[] = [document];
  let cursor = 0;

  /** What stands between two tags belongs to the element that is open there. */
  function readPieces(into: Growing, end: number): void {
    let at = cursor;
    for (const { 0: all, 1: cdata, index } of text.slice(cursor, end).matchAll(BETWEEN_TAGS)) {
      if (cursor + index !== at) break;
      const isCdata = cdata !== undefined;
      const start = isCdata ? at + '<![CDATA['.length : at;
      const raw = cdata ?? all;
      if (isCdata || !all.startsWith('<')) {
        into.pieces.push({ raw, isCdata, span: { start, end: start + raw.length } });
      }
      at += all.length;
    }
    // The parser overlooks a blank behind "<": that is no beginning of anything.
    if (at !== end) throw malformed('a "<" that begins nothing', at);
  }

  parser.ENTITIES = Object.assign(Object.create(null), predefined);
  parser.onerror = ({ message }) => {
    const unclosed = parser.position >= text.length ? open.at(-1) : undefined;
    if (unclosed?.name) throw malformed(`<${unclosed.name}> is not closed`, unclosed.at);
    const [why = ''] = message.split('\n');
    throw malformed(why.charAt(0).toLowerCase() + why.slice(1), parser.position - 1);
  };
  parser.ondoctype = () => {
    // What its declarations say is not looked at: an entity that is used is taken for one of them.
    for (const [all, name = ''] of text.matchAll(/&([^\s#;&<]+);/g)) parser.ENTITIES[name] ??= all;
  };
  parser.onprocessinginstruction = ({ name, body }) => {
    const [, , encoding] = /\bencoding\s*=\s*(["'])(.*?)\1/.exec(body) ?? [];
    if (name !== 'xml' || encoding === undefined || /^utf-?8$/i.test(encoding)) return;
    const hint = 'convert it to UTF-8, and let its first line say so';
    throw refuse(`${file} says that its encoding is ${encoding}; only UTF-8 is read and written`, hint);
  };
  parser.onsgmldeclaration = () => {
    throw malformed('a declaration outside of a DOCTYPE', parser.startTagPosition - 1);
  };
  parser.onopencdata = () => {
    if (open.length === 1) throw malformed('text outside of the root element', parser.startTagPosition - 1);
  };
  parser.onopentag = ({ name }) => {
    const start = parser.startTagPosition - 1;
    const end = parser.position;
    const parent = open.at(-1) ?? document;
    if (parent !== document) readPieces(parent, start);
    else if (document.children.length > 0) throw malformed('a second root element', start);
    cursor = end;
    const tag = text.slice(start, end);
    if (!tag.startsWith(`<${name}`)) throw malformed('a blank behind "<"', start);
    const ending = tag.endsWith('/>') ? 2 : 1;
    const tagEnd = { start: start + tag.slice(0, -ending).trimEnd().length, end };
    const next = element(name, start, readAttributes(tag, start, malformed), tagEnd);
    parent.children.push(next);
    open.push(next);
  };
  parser.onclosetag = () => {
    const closed = open.pop();
    const start = parser.startTagPosition - 1;
    // A tag that ends itself has no end tag.
    if (closed === undefined || closed.at === start) return;
    readPieces(closed, start);
    closed.inner = { start: closed.tagEnd.end, end: start };
    cursor = parser.position;
  };
  parser.write(text).close();
  if (document.children.length === 0) throw malformed('there is no element in it', 0);
  return { text, file, document, placeOf };
}

function element(name: string, at: number, attributes: readonly XmlAttribute[], tagEnd: Span): Growing {
  return { kind: 'element', name, at, attributes, children: [], pieces: [], tagEnd, inner: undefined };
}
