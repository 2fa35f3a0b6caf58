/** A change of a text: what stands from `start` to `end` becomes `text`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with changes that do not overlap, in any order; what is put in before what is cut off stays. */
export function splice(text: string, ...changes: readonly Splice[]): string {
  const lastFirst = [...changes].sort((a, b) => b.start - a.start || b.end - a.end);
  return lastFirst.reduce((all, { start, end, text }) => all.slice(0, start) + text + all.slice(end), text);
}

/** Where the line of an offset begins, behind a byte order mark. */
export function lineStart(text: string, offset: number): number {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return start === 0 && text.startsWith('\uFEFF') ? 1 : start;
}

/** Where the next line begins, or the text ends. At the beginning of a line behind another: there already. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

/** Columns from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** True when nothing but blanks stands before an offset in its line. */
export function beginsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/** The line from an offset on, without its end. */
export function restOfLine(text: string, offset: number): string {
  return text.slice(offset, nextLine(text, offset)).replace(/\r?\n$/, '');
}

/** The line end that a text uses most; a newline in a text of one line. */
export function lineEnd(text: string): '\n' | '\r\n' {
  const all = text.split('\n').length - 1;
  const windows = text.split('\r\n').length - 1;
  return windows > all - windows ? '\r\n' : '\n';
}

/**
 * Behind the last line of what ends at an offset: its own line, and comments below that stand deeper than
 * its column. A comment in its column or before belongs to what follows.
 */
export function linesEnd(text: string, end: number, column: number): number {
  const own = end > 0 && text[end - 1] === '\n' ? end : nextLine(text, end);
  let last = own;
  for (let at = own; at < text.length; at = nextLine(text, at)) {
    const [, blanks = '', rest = ''] = /^([ \t]*)(.*)$/.exec(restOfLine(text, at)) ?? [];
    if (rest === '') continue;
    if (!rest.startsWith('#') || blanks.length <= column) break;
    last = nextLine(text, at);
  }
  return last;
}

/** A text with so many blanks before each line that is not empty. */
export function indented(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => (line === '' || line === '\r' ? line : ' '.repeat(by) + line))
    .join('\n');
}

/** A text with so many blanks less before each line, as far as it has them. */
export function dedented(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => line.slice(Math.min(by, /^ */.exec(line)?.[0].length ?? 0)))
    .join('\n');
}
