import { findPlaces } from './find-places.ts';
import { readLocator } from './locator.ts';
import { valueAt } from './one-match.ts';
import { parseXml } from './parse-xml.ts';
import type { TextPlace } from './places-in.ts';

/** What a locator leads to: a value, and where the attribute or the element begins. */
export interface XmlMatch extends TextPlace {
  /** References replaced; of an element, without the blanks around its text. */
  readonly value: string;
}

/**
 * All that a locator leads to in an XML text, in order.
 * @param file what the text is called in messages
 * @throws DabookError `playbook` for a locator that is not understood; `refused` for a text that is no
 * well-formed XML in UTF-8, and for an element that holds elements, not a text
 * @example xmlMatches('<core><id> 5 </id></core>', 'core/id') // [{ value: '5', line: 1, column: 7 }]
 */
export function xmlMatches(text: string, locator: string, file = 'XML'): readonly XmlMatch[] {
  const read = readLocator(locator);
  const xml = parseXml(text, file);
  return findPlaces(xml.document, read).map((place) => ({
    value: valueAt(xml, read, place),
    ...xml.placeOf(place.at),
  }));
}
