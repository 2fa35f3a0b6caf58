import { parse } from 'yaml';
import type { Layout, Quote, Quoting } from './layout.ts';
import { indented } from './lines.ts';
import type { Path, Plain } from './path.ts';

/** What an entry is written with. */
export interface Style {
  readonly layout: Layout;
  readonly quoting: Quoting;
}

/** Neither a control character nor a line end nor half a character to any reader. */
const PRINTABLE = /^[\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** An entry of a mapping, or an item of a list (a number for its key), as lines from column 0. */
export function blockEntry(key: string | number, value: Plain, style: Style): string {
  if (typeof value === 'string' && style.quoting.texts === undefined && holdsLines(value)) {
    const { header, lines } = literal(value, style.layout.step);
    return `${headOf(key, style)} ${header}\n${lines}`;
  }
  if (!isFilled(value)) return `${headOf(key, style)} ${flowValue(value, style)}\n`;
  return wrapped(key, blockBody(value, style), style, Array.isArray(value));
}

/** The entries of a collection that is not empty, as lines from column 0. */
export function blockBody(value: Plain, style: Style): string {
  return entriesOf(value)
    .map(([key, item]) => blockEntry(key, item, style))
    .join('');
}

/** Lines as the value of a key, or as an item of a list: below it, or beginning behind its dash. */
function wrapped(key: string | number, lines: string, style: Style, isList = false): string {
  const { step, indentLists } = style.layout;
  if (typeof key === 'number') return `- ${indented(lines, 2).slice(2)}`;
  return `${headOf(key, style)}\n${indented(lines, isList && !indentLists ? 0 : step)}`;
}

/** Lines below keys that are missing on the way to them: the outermost first. */
export function nested(keys: Path, lines: string, style: Style): string {
  return keys.reduceRight<string>((inner, key) => wrapped(key, inner, style, inner.startsWith('- ')), lines);
}

/** An entry on one line, for a flow collection, below the keys of its path that are missing on the way to it. */
export function nestedInline([outer = '', ...rest]: Path, entry: string, style: Style): string {
  const [next] = rest;
  if (next === undefined) return entry;
  const inner = braced(next, nestedInline(rest, entry, style));
  return typeof outer === 'number' ? inner : `${keyText(outer, style, true)}: ${inner}`;
}

/** An entry as the only one of its flow collection. */
export function braced(key: string | number, entry: string): string {
  return typeof key === 'number' ? `[${entry}]` : `{${entry}}`;
}

/** An entry on one line, for a flow collection. */
export function flowEntry(key: string | number, value: Plain, style: Style): string {
  return typeof key === 'number'
    ? flowValue(value, style)
    : `${keyText(key, style, true)}: ${flowValue(value, style)}`;
}

/** Any value on one line. */
export function flowValue(value: Plain, style: Style): string {
  if (typeof value === 'string') {
    const { texts } = style.quoting;
    return texts === undefined ? plainOrQuoted(value, true, style.layout.quote) : quoted(value, texts);
  }
  if (typeof value !== 'object' || value === null) return bare(value);
  const items = entriesOf(value).map(([key, item]) => flowEntry(key, item, style));
  return Array.isArray(value) ? `[${items.join(', ')}]` : `{${items.join(', ')}}`;
}

/** A number, a switch or null. */
export function bare(value: number | boolean | null): string {
  if (typeof value !== 'number') return String(value);
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value < 0 ? '-.inf' : '.inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A text without quotes where every reader takes it for that text, in quotes otherwise. */
export function plainOrQuoted(text: string, flow: boolean, quote: Quote): string {
  return fitsPlain(text, flow) ? text : quoted(text, quote);
}

/** A text in quotes: in single ones only if they can hold it. */
export function quoted(text: string, quote: Quote): string {
  if (quote === 'QUOTE_SINGLE' && PRINTABLE.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** True for a text that a literal block holds as it is. */
export function holdsLines(text: string): boolean {
  const lines = text.split('\n');
  return (
    lines.length > 1 &&
    /^\S/.test(text) &&
    !text.endsWith('\n\n') &&
    lines.every((line) => PRINTABLE.test(line) && !/[ \t]$/.test(line))
  );
}

/** A text that {@link holdsLines}, as a literal block: its header, and its lines so deep. */
export function literal(text: string, indent: number): { readonly header: string; readonly lines: string } {
  const ends = text.endsWith('\n');
  return { header: ends ? '|' : '|-', lines: indented(ends ? text : `${text}\n`, indent) };
}

function headOf(key: string | number, style: Style): string {
  return typeof key === 'number' ? '-' : `${keyText(key, style, false)}:`;
}

function keyText(key: string, { layout, quoting }: Style, flow: boolean): string {
  return quoting.keys === undefined ? plainOrQuoted(key, flow, layout.quote) : quoted(key, quoting.keys);
}

function entriesOf(value: Plain): readonly (readonly [string | number, Plain])[] {
  if (Array.isArray(value)) return value.map((item: Plain, index) => [index, item] as const);
  const entries = Object.entries(value ?? {}) as [string, Plain | undefined][];
  return entries.flatMap(([key, item]) => (item === undefined ? [] : [[key, item] as const]));
}

/** A collection with something in it. */
export function isFilled(value: Plain): boolean {
  return typeof value === 'object' && entriesOf(value).length > 0;
}

/** Whether readers of YAML 1.1 and of 1.2 both take it for this text: not so `yes`, `0644` and `22:22`. */
export function fitsPlain(text: string, flow: boolean): boolean {
  if (text === '' || !PRINTABLE.test(text) || text !== text.trim()) return false;
  const probe = flow ? `{k: [${text}], "k2": {${text}: v}}` : `k:\n- ${text}\nk2:\n  ${text}: v\n`;
  return (['1.1', '1.2'] as const).every((version) => {
    try {
      const read = parse(probe, { version, logLevel: 'error' }) as { k: unknown[]; k2: object };
      return read.k.length === 1 && read.k[0] === text && Object.keys(read.k2).join() === text;
    } catch {
      return false;
    }
  });
}
