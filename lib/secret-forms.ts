import { inUrls } from './url-forms.ts';

/** A line of fewer characters than this is found by chance in what tells nothing. */
const leastLine = 16;
/** A user and a password, say: of a secret of so few lines each may be what must not be told. */
const fewLines = 8;
/** Characters of a line of such a secret. */
const leastOfFew = 8;
/** Of longer secrets only the usual forms are made: nobody puts them into an address. Characters. */
const longest = 2 ** 16;
/** How many characters of base64 stand on a line: with `base64`, with `openssl` and in PEM files. */
const base64Lines = [76, 64];

/**
 * How a secret may look when a host prints it: as it is, with either end of lines, line by line, in base64 (as part of a longer text, too), in
 * hexadecimal digits, in a URL, in JSON, XML and YAML, and as shells quote it.
 * @param isTelling whether a line of it is to be found by itself
 */
export function secretForms(secret: string, isTelling: (line: string) => boolean): readonly string[] {
  const all = secret.trim().split(/\r?\n/);
  const least = all.length > fewLines ? leastLine : leastOfFew;
  const lines = all.filter((line) => line.length >= least && isTelling(line));
  const others = all.length === 1 ? [] : [all.join('\n'), all.join('\r\n')];
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.trim(),
    ...others.flatMap((other) => [other, JSON.stringify(other).slice(1, -1)]),
    ...lines,
    ...inBase64(bytes),
    ...escaped(secret),
    ...quoted(secret),
    ...rare(bytes),
  ];
}

function rare(bytes: Buffer): readonly string[] {
  if (bytes.length > longest) return [];
  const hex = bytes.toString('hex');
  // Of the bytes as a host has them: half a character is no part of a URL.
  return [hex, hex.toUpperCase(), ...inUrls(bytes.toString()), ...inBase64Lines(bytes)];
}

/** Whole; and what is the same in it whatever stands before and after, as in `user:password` of an HTTP header. */
function inBase64(bytes: Buffer): readonly string[] {
  const within = [0, 1, 2].flatMap((before) => {
    const all = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    const first = before === 0 ? 0 : before + 1;
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const part = all.slice(first, last);
    return [part, part.replaceAll('-', '+').replaceAll('_', '/')];
  });
  return [bytes.toString('base64'), bytes.toString('base64url'), ...within];
}

function inBase64Lines(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('base64');
  return base64Lines.flatMap((width) => {
    if (whole.length <= width) return [];
    const lines = whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
    return [lines.join('\n'), lines.join('\r\n'), ...lines.filter((line) => line.length >= leastLine)];
  });
}

/** As texts stand in JSON, that of Go, Python and PHP and JSON within JSON included; in XML; and in YAML and SQL. */
function escaped(text: string): readonly string[] {
  const json = (value: string) => JSON.stringify(value).slice(1, -1);
  const code = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const plain = json(text);
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    plain,
    json(plain),
    plain.replaceAll(/[<>&]/g, code),
    plain.replaceAll(/[^ -~]/g, code),
    plain.replaceAll('/', '\\/'),
    plain.replaceAll('/', '\\/').replaceAll(/[^ -~]/g, code),
    xml,
    xml.replaceAll('"', '&quot;'),
    xml.replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
    text.replaceAll("'", "''"),
  ];
}

/** In single quotes, in double quotes, in `$'…'`, and with a backslash before each character that a shell knows. */
function quoted(text: string): readonly string[] {
  return [
    text.replaceAll("'", `'\\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll(/["$`\\]/g, '\\$&'),
    text.replaceAll(/["$`\\!]/g, '\\$&'),
    inDollarQuotes(text, CONTROL),
    // Where the locale knows ASCII alone.
    inDollarQuotes(Buffer.from(text).toString('latin1'), CONTROL_OR_NO_ASCII),
    text.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    ...[/[\t !"$&'()*,;<>?[\\\]^`{|}]/g, /[\t !"$&'()*;<>?[\\\]^`{|}]/g].map((known) =>
      text.replaceAll(known, '\\$&').replaceAll(/^#|(?<![^:=])~/g, '\\$&'),
    ),
  ];
}

const DOLLAR_ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\x1b': '\\E',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is quoted
const CONTROL = /['\\\x00-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is quoted
const CONTROL_OR_NO_ASCII = /['\\\x00-\x1f\x7f-\xff]/g;

function inDollarQuotes(text: string, isQuoted: RegExp): string {
  return text.replaceAll(isQuoted, (char) => {
    const octal = char.charCodeAt(0).toString(8).padStart(3, '0');
    return DOLLAR_ESCAPES[char] ?? `\\${octal}`;
  });
}
