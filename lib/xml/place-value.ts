import { decode } from './entities.ts';
import type { XmlPlace } from './find-places.ts';
import type { XmlPiece } from './xml-element.ts';

/**
 * The value of an attribute; or the text of an element without the blanks around it, comments left out.
 * @returns undefined for an element that holds elements: it has no text of its own
 */
export function placeValue(place: XmlPlace): string | undefined {
  if (place.kind === 'attribute') return decode(place.raw.replace(/\r\n|[\t\r\n]/g, ' '));
  if (place.children.length > 0) return undefined;
  return trimmed(place.pieces.map(textOf).join(''));
}

/** The text that a piece stands for. */
export function textOf({ raw, isCdata }: XmlPiece): string {
  const text = raw.replace(/\r\n?/g, '\n');
  return isCdata ? text : decode(text);
}

/** Without what XML takes for blanks, around it. Other than a pattern, it takes no long time for any text. */
export function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}
