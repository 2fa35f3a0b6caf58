import type { DabookError } from '../errors.ts';
import type { XmlAttribute } from './xml-element.ts';

const ATTRIBUTE = /\s([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g;

/**
 * The attributes of a start tag, and where they stand. The parser has seen that they are in order, but for
 * doubles and for a `<` in a value: these are refused here.
 * @param tag from its `<` to its `>`
 * @param offset where it stands in the text
 */
export function readAttributes(
  tag: string,
  offset: number,
  malformed: (why: string, offset: number) => DabookError,
): readonly XmlAttribute[] {
  const attributes = new Map<string, XmlAttribute>();
  for (const { 0: all, 1: name = '', 2: quoted = '', index } of tag.matchAll(ATTRIBUTE)) {
    const at = offset + index + 1;
    const end = offset + index + all.length - 1;
    const raw = quoted.slice(1, -1);
    if (attributes.has(name)) throw malformed(`the attribute ${name} is given twice`, at);
    if (raw.includes('<')) throw malformed(`a "<" in the value of ${name}`, at);
    const span = { start: end - raw.length, end };
    attributes.set(name, { kind: 'attribute', name, at, raw, span, quote: quoted.charAt(0) });
  }
  return [...attributes.values()];
}
