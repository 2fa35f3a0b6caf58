/** The entities that every XML text has. */
export const predefined: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

const REFERENCE = /&(?:#x([0-9a-f]+)|#(\d+)|([^;&\s]+));/gi;

/** Text with its references replaced. An entity that the document declares itself stays as it is written. */
export function decode(raw: string): string {
  return raw.replace(REFERENCE, (all, hex?: string, digits?: string, name = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (digits !== undefined) return String.fromCodePoint(Number(digits));
    return Object.hasOwn(predefined, name) ? (predefined[name] ?? all) : all;
  });
}

/** The first entity in a text whose meaning only the document's declarations tell: `&company;`. */
export function declaredEntity(raw: string): string | undefined {
  for (const [all, , , name] of raw.matchAll(REFERENCE)) {
    if (name !== undefined && !Object.hasOwn(predefined, name)) return all;
  }
  return undefined;
}

/** A value as the text of an element. */
export function escapeText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A value as it stands between two of these quotes. */
export function escapeAttribute(value: string, quote: string): string {
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return escaped.replaceAll(quote, quote === '"' ? '&quot;' : '&apos;');
}

/** A value within a CDATA section, which cannot hold its own end. */
export function escapeCdata(value: string): string {
  return value.replaceAll(']]>', ']]]]><![CDATA[>');
}
