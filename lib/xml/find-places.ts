import type { Locator, LocatorStep } from './locator.ts';
import { placeValue } from './place-value.ts';
import type { XmlAttribute, XmlElement } from './xml-element.ts';

/** What a locator leads to: an attribute, or an element for its text. */
export type XmlPlace = XmlElement | XmlAttribute;

/** All that a locator leads to in a document, each once, in the document's order. */
export function findPlaces(document: XmlElement, { steps }: Pick<Locator, 'steps'>): readonly XmlPlace[] {
  return follow(document, steps)
    .filter((place) => place !== document)
    .sort((a, b) => a.at - b.at);
}

function follow(from: XmlElement, steps: readonly LocatorStep[]): XmlPlace[] {
  let reached = new Set<XmlPlace>([from]);
  for (const step of steps) {
    const next = new Set<XmlPlace>();
    // Where all below is taken anyway, what was below something else already is not gone through again.
    const seen = new Set<XmlElement>();
    for (const place of reached) {
      if (place.kind === 'attribute') continue;
      const starts = step.deep ? withAllBelow(place, seen) : [place];
      for (const start of starts) for (const found of stepFrom(start, step)) next.add(found);
    }
    reached = next;
  }
  return [...reached];
}

function stepFrom(element: XmlElement, step: LocatorStep): readonly XmlPlace[] {
  switch (step.kind) {
    case 'self':
      return [element];
    case 'attribute':
      return element.attributes.filter(({ name }) => name === step.name);
    case 'element':
      return element.children.filter(
        (child) =>
          (step.name === '*' || child.name === step.name) &&
          step.predicates.every(({ steps, equals }) =>
            follow(child, steps).some((place) => equals === undefined || placeValue(place) === equals),
          ),
      );
  }
}

/** No recursion: a document may be as deep as it likes. */
function withAllBelow(top: XmlElement, seen: Set<XmlElement>): readonly XmlElement[] {
  const found: XmlElement[] = [];
  const waiting = [top];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    if (seen.has(element)) continue;
    seen.add(element);
    found.push(element);
    for (const child of element.children) waiting.push(child);
  }
  return found;
}
