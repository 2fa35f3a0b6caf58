import { width, wrap } from './width.ts';

/** Columns that a title needs to be read beside its host. */
const NARROWEST = 20;
/** How far a title is indented on lines of its own. */
const INDENT = 4;

/**
 * What is kept of a task: its title in full, wrapped beside its host, or below where there is no room for it.
 * @param head the host and the status, painted, and the columns that they take
 * @param end what stands behind the title; a line of its own rather than a broken title
 */
export function titleLines(
  head: { readonly text: string; readonly columns: number },
  title: string,
  end: { readonly text: string; readonly painted: (text: string) => string },
  columns: number,
): string[] {
  const room = columns - head.columns;
  const isBelow = room < NARROWEST && width(title) + width(end.text) > room;
  const indent = isBelow ? INDENT : head.columns;
  const lines = wrap(title, columns - indent);
  const last = lines.pop() ?? '';
  const fits = end.text === '' || indent + width(last) + width(end.text) <= columns;
  const ends = fits ? [last + end.painted(end.text)] : [last, end.painted(end.text.trimStart())];
  const [first = '', ...more] = isBelow ? ['', ...lines, ...ends] : [...lines, ...ends];
  return [(head.text + first).trimEnd(), ...more.map((line) => ' '.repeat(indent) + line)];
}
