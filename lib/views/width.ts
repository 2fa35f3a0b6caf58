const PLAIN = /^[ -~]*$/;
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
// Scripts and symbols that take two columns; emoji are asked for by their own property.
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** It asks for the emoji form of the character before it, which is one column wider. */
const EMOJI_FORM = '\ufe0f';

/** How many columns of a terminal a text takes. Never less than it really does. */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += widthOf(char);
  return columns;
}

/** A text cut to so many columns, with an ellipsis where something is missing. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let used = 0;
  let kept = '';
  for (const char of text) {
    used += widthOf(char);
    if (used > columns - 1) break;
    kept += char;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** A text cut to so many columns in its middle: what tells names and addresses apart often stands at the end. */
export function fitMiddle(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const head = fit(text, Math.ceil(columns / 2));
  const room = columns - width(head);
  let tail = '';
  for (const char of Array.from(text).reverse()) {
    if (width(char + tail) > room) break;
    tail = char + tail;
  }
  return head + tail;
}

/** A text broken into lines of so many columns, at blanks where there are any. Nothing of it is lost. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/\s*\S+|\s+$/gu) ?? []) {
    if (width(line + piece) <= columns) {
      line += piece;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const char of piece.trimStart()) {
      if (width(line + char) > columns && line !== '') {
        lines.push(line);
        line = '';
      }
      line += char;
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** A text made so many columns wide: cut, or filled with spaces. */
export function column(text: string, columns: number): string {
  const cut = fit(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - width(cut)));
}

function widthOf(char: string): number {
  if (char === EMOJI_FORM) return 1;
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) || EMOJI.test(char) ? 2 : 1;
}
