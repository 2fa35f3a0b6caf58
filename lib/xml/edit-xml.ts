import { refuse } from '../refuse.ts';
import { type Locator, readLocator } from './locator.ts';
import { oneMatch } from './one-match.ts';
import { parseXml } from './parse-xml.ts';
import { refuseValue } from './refuse-value.ts';
import { type Splice, spliceOf } from './splice-of.ts';
import type { XmlText } from './xml-element.ts';

/** A value, and where it belongs. */
export interface XmlEdit {
  /** Leads to one attribute, or to one element for its text; see `readLocator`. */
  readonly at: string;
  readonly value: string;
}

interface Located {
  readonly locator: Locator;
  readonly value: string;
}

/**
 * An XML text with other values at some places, and every other byte as it was: line ends, byte order mark,
 * quotes, blanks in tags, entities, comments. Where a value is there already, nothing changes. All locators
 * are followed in the text as it is given.
 * @param file what the text is called in messages
 * @throws DabookError `playbook` for a locator that is not understood; `refused` for a text that is no
 * well-formed XML in UTF-8, a locator that does not lead to exactly one place, before and after the edits, a
 * value that cannot be written there, and two values for one place
 * @example editXml('<core><id> 5 </id></core>', [{ at: 'core/id', value: '6' }]) // '<core><id> 6 </id></core>'
 */
export function editXml(text: string, edits: readonly XmlEdit[], file = 'XML'): string {
  const located = edits.map(({ at, value }) => ({ locator: readLocator(at), value }));
  const xml = parseXml(text, file);
  const splices = splicesOf(xml, located);
  if (splices.length === 0) return text;
  const edited = withSplices(text, splices);
  refuseLost(parseXml(edited, file), located);
  return edited;
}

function splicesOf(xml: XmlText, located: readonly Located[]): readonly Splice[] {
  const byPlace = new Map<number, Located & { readonly splice: Splice | undefined }>();
  for (const { locator, value } of located) {
    const { place, value: now } = oneMatch(xml, locator);
    const other = byPlace.get(place.at);
    if (other !== undefined && other.value !== value) {
      const { line } = xml.placeOf(place.at);
      throw refuse(
        `${xml.file}: ${other.locator.text} and ${locator.text} lead to one place (line ${line}), with different values`,
        'give one of them',
      );
    }
    refuseValue(value, place, `${xml.file}: the value for ${locator.text}`);
    const splice = now === value ? undefined : spliceOf(xml, place, value, locator.text);
    byPlace.set(place.at, { locator, value, splice });
  }
  return [...byPlace.values()].flatMap(({ splice }) => splice ?? []);
}

/** From the end on, so that what is before keeps its place. */
function withSplices(text: string, splices: readonly Splice[]): string {
  const fromTheEnd = [...splices].sort((a, b) => b.start - a.start);
  return fromTheEnd.reduce((all, { start, end, text }) => all.slice(0, start) + text + all.slice(end), text);
}

/** A locator that tests what is edited would lead elsewhere at the next run: better said before the first write. */
function refuseLost(edited: XmlText, located: readonly Located[]): void {
  for (const { locator, value } of located) {
    if (leadsTo(edited, locator, value)) continue;
    throw refuse(
      `${edited.file}: ${locator.text} does not lead to its place any more when the edits are done`,
      'tell the place by something that is not edited: a name, a key',
    );
  }
}

function leadsTo(edited: XmlText, locator: Locator, value: string): boolean {
  try {
    return oneMatch(edited, locator).value === value;
  } catch {
    return false;
  }
}
