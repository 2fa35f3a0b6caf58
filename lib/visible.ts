// Everything that steers a terminal or hides in a line, but newline, tab and what joins letters and emoji.
const STEERING = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text of a host or of a file, safe on one line of a terminal: control and invisible characters are shown by
 * their pictures or codes, never passed through.
 * @example visible('\x1b[2Jgone') // '␛[2Jgone'
 */
export function visible(text: string): string {
  return visibleText(text.replaceAll('\t', ' ').replaceAll('\n', '␊'));
}

/** A text of several lines, safe as with {@link visible}; its newlines and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(STEERING, picture);
}

/** The lines of a text of a host, each safe as with {@link visible}; tabs stay, and so does indentation. */
export function visibleLines(text: string): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(visibleText);
}

function picture(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (code <= 0xff) return `\\x${code.toString(16)}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * A text of JSON that says the same and steers no terminal: what JSON leaves as it is, such as marks that turn the
 * direction of writing, is written as its codes.
 */
export function visibleJson(json: string): string {
  return json.replace(STEERING, (char) =>
    Array.from(
      { length: char.length },
      (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
