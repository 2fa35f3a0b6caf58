import type { DabookError } from '../errors.ts';
import { refuse } from '../refuse.ts';
import { findPlaces, type XmlPlace } from './find-places.ts';
import type { Locator } from './locator.ts';
import { placeValue } from './place-value.ts';
import type { XmlText } from './xml-element.ts';

/** One place that a locator leads to, and its value. */
export interface Match {
  readonly place: XmlPlace;
  readonly value: string;
}

/**
 * The one place that a locator leads to.
 * @throws DabookError `refused` where it leads nowhere, to several places, or to an element that holds elements
 */
export function oneMatch(xml: XmlText, locator: Locator): Match {
  const places = findPlaces(xml.document, locator);
  const [place] = places;
  if (place === undefined) throw nothingThere(xml, locator);
  if (places.length > 1) {
    throw refuse(
      `${xml.file}: ${locator.text} leads to ${places.length} places, not to one: ${linesOf(xml, places)}`,
      'say more in the locator, such as the name or the key of an element: object[@name="…"]',
    );
  }
  return { place, value: valueAt(xml, locator, place) };
}

/** The value of a place. @throws DabookError `refused` for an element that holds elements */
export function valueAt(xml: XmlText, locator: Locator, place: XmlPlace): string {
  const value = placeValue(place);
  if (value !== undefined) return value;
  throw refuse(
    `${xml.file}: ${locator.text} leads to <${place.name}> (${linesOf(xml, [place])}), which holds elements, not a text`,
    'go on to the element or the attribute that holds the value',
  );
}

/** `line 3`, `lines 3, 7 and 9`; of many the first five. */
export function linesOf(xml: XmlText, places: readonly XmlPlace[]): string {
  const lines = [...new Set(places.map(({ at }) => xml.placeOf(at).line))].map(String);
  const named = lines.length > 6 ? [...lines.slice(0, 5), 'others'] : lines;
  if (named.length === 1) return `line ${named[0]}`;
  return `lines ${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

/** Tells how far the locator leads: the step behind that is the one to look at. */
function nothingThere(xml: XmlText, { text, steps }: Locator): DabookError {
  const hint = 'compare the locator with the file: names count as they are written, capitals too';
  for (let length = steps.length - 1; length > 0; length--) {
    const places = findPlaces(xml.document, { steps: steps.slice(0, length) });
    if (places.length === 0) continue;
    const reached = text.slice(0, steps[length - 1]?.end);
    const rest = text.slice(reached.length);
    const far = `${reached} is there (${linesOf(xml, places)}), but not ${rest} below it`;
    return refuse(`${xml.file}: ${text} leads nowhere: ${far}`, hint);
  }
  const root = xml.document.children[0]?.name;
  return refuse(`${xml.file}: ${text} leads nowhere; the root element is <${root}>`, hint);
}
