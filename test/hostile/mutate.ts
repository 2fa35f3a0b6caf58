/** Random numbers from 0 to 1. */
export type Random = () => number;

/** Makes another input of one that is well. */
type Mutation = (bytes: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer;

/** What terminals obey, what hides in a line, and what is no text. */
const ODD_BYTES: readonly (string | Buffer)[] = [
  '\0',
  '\x07',
  '\x08\x08\x08',
  '\x7f',
  '\r',
  '\t',
  '\x0b\x0c',
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  '\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\',
  '\x1bP+q\x1b\\',
  '\x9b31m',
  '\u0085\u2028\u2029',
  '\u202e\u2066\u200f',
  '\u200b\u2060\ufeff',
  '\u{e0041}\u{e007f}',
  '\ud83d\ude00\u0301',
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xe2, 0x82]),
];

const ODD_WORDS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  'then',
  'toJSON',
  'valueOf',
  'null',
  '~',
  '!!binary',
  '!!js/function',
  '<<',
  '*a',
  '&a',
  '{{ x }}',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned;',
  '../../../../etc/passwd',
  '/dev/zero',
  '-rf',
  '%s%n',
];

const HUGE_NUMBERS = [
  '9'.repeat(400),
  '-1',
  '1e999',
  '0x7fffffffffffffff',
  '18446744073709551616',
  '9007199254740993',
  '.inf',
  '.nan',
  '-0',
  '1e-999',
  '007',
  '4294967295',
  '[0:999999999]',
];

const small: readonly Mutation[] = [
  function flip(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let times = 1 + below(random, 4); times > 0; times--) {
      const at = below(random, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
    }
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, below(random, bytes.length));
  },
  function duplicate(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  function remove(bytes, random) {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function splice(bytes, random, corpus) {
    const other = pick(random, corpus);
    return Buffer.concat([
      bytes.subarray(0, below(random, bytes.length)),
      other.subarray(below(random, other.length)),
    ]);
  },
  function lineTwice(bytes, random) {
    const lines = bytes.toString('latin1').split('\n');
    lines.splice(below(random, lines.length), 0, pick(random, lines));
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  (bytes, random) => insert(bytes, random, pick(random, ODD_BYTES)),
  (bytes, random) => insert(bytes, random, pick(random, ODD_BYTES)),
  (bytes, random) => replace(bytes, random, /[A-Za-z_][\w.-]*/g, pick(random, ODD_WORDS)),
  (bytes, random) => replace(bytes, random, /[A-Za-z_][\w.-]*/g, pick(random, ODD_WORDS)),
  (bytes, random) => replace(bytes, random, /\d+/g, pick(random, HUGE_NUMBERS)),
  (bytes, random) => insert(bytes, random, pick(random, ODD_WORDS)),
  function byteOrderMark(bytes) {
    return Buffer.concat([Buffer.from('\ufeff'), bytes]);
  },
  function carriageReturns(bytes) {
    return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  },
];

/** These make an input of some size, so that an input gets one of them at most. */
const large: readonly Mutation[] = [
  function deep(bytes, random) {
    const [open, close] = pick(random, [
      ['[', ']'],
      ['{a: ', '}'],
      ['{"a":', '}'],
      ['- ', ''],
      ['? ', ''],
      ['(', ')'],
      ['<a>', '</a>'],
    ] as const);
    const times = pick(random, [300, 3000, 10_000]);
    return insert(bytes, random, open.repeat(times) + (random() < 0.5 ? `1${close.repeat(times)}` : ''));
  },
  function deepByIndentation(bytes, random) {
    const times = pick(random, [200, 1000]);
    const lines = Array.from({ length: times }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
    return Buffer.concat([bytes, Buffer.from(`\ndeep:\n${lines.replaceAll(/^/gm, ' ')}`)]);
  },
  function aliasBomb(bytes, random) {
    const fan = pick(random, [9, 30]);
    const levels = Array.from({ length: 9 }, (_, level) => {
      const parts = Array(fan).fill(level === 0 ? 'lol' : `*b${level - 1}`);
      return `b${level}: &b${level} [${parts.join(', ')}]\n`;
    });
    return random() < 0.5
      ? Buffer.concat([bytes, Buffer.from(`\n${levels.join('')}`)])
      : Buffer.concat([Buffer.from(levels.join('')), bytes]);
  },
  function mergeBomb(bytes) {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const parts = level === 0 ? 'k: v' : `<<: [${Array(9).fill(`*m${level - 1}`)}], k${level}: v`;
      return `m${level}: &m${level} {${parts}}\n`;
    });
    return Buffer.concat([bytes, Buffer.from(`\n${levels.join('')}`)]);
  },
  function longLine(bytes, random) {
    const piece = pick(random, ['x', ' ', 'a b ', '"', '\\', '\x1b', 'é', 'a: ', '0', '*', '\u202e']);
    return insert(bytes, random, piece.repeat(Math.ceil((2 ** 20 * (1 + random() * 2)) / piece.length)));
  },
  function manyLines(bytes, random) {
    const line = pick(random, bytes.toString('latin1').split('\n'));
    const times = Math.min(20_000, Math.ceil(2 ** 20 / (line.length + 1)));
    return insert(bytes, random, Buffer.from(`\n${`${line}\n`.repeat(times)}`, 'latin1'));
  },
];

/** An input that is most often no longer well: one to four mutations of one of the corpus. */
export function mutated(corpus: readonly Buffer[], random: Random): Buffer {
  let bytes = pick(random, corpus);
  for (let times = below(random, 4) + 1; times > 0; times--) {
    bytes = pick(random, small)(bytes, random, corpus);
  }
  return random() < 0.12 ? pick(random, large)(bytes, random, corpus) : bytes;
}

function insert(bytes: Buffer, random: Random, what: string | Buffer): Buffer {
  const at = below(random, bytes.length + 1);
  const inserted = typeof what === 'string' ? Buffer.from(what) : what;
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function replace(bytes: Buffer, random: Random, pattern: RegExp, by: string): Buffer {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return insert(bytes, random, by);
  const { index, 0: word } = pick(random, found);
  return Buffer.from(text.slice(0, index) + by + text.slice(index + word.length), 'latin1');
}

function span(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = below(random, bytes.length);
  return [from, Math.min(bytes.length, from + 1 + below(random, 40))];
}

function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[below(random, list.length)] as T;
}
