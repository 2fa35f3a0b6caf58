/** One `key=value` of a line, with where it starts. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly offset: number;
}

/** A piece of the line that is no pair, and why. */
export interface NoKeyValue {
  readonly wrong: string;
  readonly offset: number;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\'"abfnrtv]))/g;
const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Splits a line of pairs at its blanks, as Ansible does for `-e`: quotes and brackets hold a value together, quotes
 * round a whole value are taken off, backslash escapes are read.
 * @example readKeyValues('a=1 b="two words"') // a: '1', b: 'two words'
 */
export function readKeyValues(line: string): readonly (KeyValue | NoKeyValue)[] {
  return splitAtBlanks(line).map(({ text, offset, open }) => {
    const equals = text.indexOf('=');
    if (open !== undefined) return { wrong: `${open} is not closed`, offset };
    if (equals < 1) return { wrong: `"${text}" is not of the form name=value`, offset };
    return { key: text.slice(0, equals).trim(), value: unescaped(unquote(text.slice(equals + 1))), offset };
  });
}

interface Piece {
  readonly text: string;
  readonly offset: number;
  /** The quote or bracket that its end should have closed. */
  readonly open?: string;
}

function splitAtBlanks(line: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let start: number | undefined;
  let quote: string | undefined;
  const brackets: string[] = [];
  for (let at = 0; at <= line.length; at++) {
    const char = line[at];
    const isEnd = char === undefined || (/\s/.test(char) && quote === undefined && brackets.length === 0);
    if (isEnd) {
      const open = quote ?? brackets.at(-1);
      if (start !== undefined)
        pieces.push({ text: line.slice(start, at), offset: start, ...(open && { open }) });
      start = undefined;
      continue;
    }
    start ??= at;
    if (char === '\\') at++;
    else if (quote !== undefined) quote = char === quote ? undefined : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '{' || char === '[') brackets.push(char);
    else if (char === '}' || char === ']') brackets.pop();
  }
  return pieces;
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

function unescaped(text: string): string {
  if (/^[[{]/.test(text)) return text;
  return text.replace(ESCAPE, (_all, four?: string, two?: string, letter = '') => {
    const code = four ?? two;
    return code === undefined ? (NAMED[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16));
  });
}
