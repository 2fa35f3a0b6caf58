import { refuse } from '../refuse.ts';
import { declaredEntity, escapeAttribute, escapeCdata, escapeText } from './entities.ts';
import type { XmlPlace } from './find-places.ts';
import { linesOf } from './one-match.ts';
import { textOf, trimmed } from './place-value.ts';
import type { Span, XmlElement, XmlText } from './xml-element.ts';

/** A stretch of a text, and what is to stand there instead. */
export interface Splice extends Span {
  readonly text: string;
}

/**
 * The smallest change of a text that gives a place another value.
 * @param at the locator, for messages
 * @throws DabookError `refused` where an entity of the document's own stands, or a text in several pieces
 */
export function spliceOf(xml: XmlText, place: XmlPlace, value: string, at: string): Splice {
  const raws = place.kind === 'attribute' ? [place.raw] : textRaws(place);
  const entity = raws.map(declaredEntity).find((found) => found !== undefined);
  const where = `${xml.file}: ${at} (${linesOf(xml, [place])})`;
  if (entity !== undefined) {
    throw refuse(
      `${where} is made of the entity ${entity}, whose meaning is not read`,
      'write its value into the file in place of the entity',
    );
  }
  if (place.kind === 'attribute') return { ...place.span, text: escapeAttribute(value, place.quote) };
  if (place.inner === undefined) {
    return { ...place.tagEnd, text: `>${escapeText(value)}</${place.name}>` };
  }
  const [piece, ...more] = place.pieces.filter((each) => trimmed(textOf(each)) !== '');
  if (piece === undefined) {
    const { start } = place.inner;
    return { start, end: start, text: escapeText(value) };
  }
  if (more.length > 0) {
    throw refuse(
      `${where} has its text in several pieces, with comments or CDATA between them`,
      'make it one piece in the file',
    );
  }
  const before = piece.raw.search(/[^ \t\r\n]/);
  const start = piece.span.start + before;
  const text = piece.isCdata ? escapeCdata(value) : escapeText(value);
  return { start, end: start + trimmed(piece.raw).length, text };
}

function textRaws({ pieces }: XmlElement): readonly string[] {
  return pieces.filter(({ isCdata }) => !isCdata).map(({ raw }) => raw);
}
