import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { bothWays } from './both-ways.ts';

/** What lines of YAML are made of, well formed or not. */
const PIECES = [
  ...[
    'a:',
    'b:',
    'a: ',
    'web[01:20]:',
    '"q": ',
    "'s':",
    '1:',
    'null: ',
    '<<: *x',
    '<<: [*x, *y]',
    'a:b',
    '"<<": ',
  ],
  ...[
    '- ',
    '-',
    '- - ',
    '-   ',
    '? ',
    ': ',
    '--- ',
    '---',
    '...',
    '# c',
    ' # c',
    ' #',
    '#',
    '&x ',
    '&y',
    '*x',
    '*y ',
  ],
  ...[
    'v',
    'two words',
    '10',
    '0123',
    '-1',
    '+1',
    '1.50',
    '.5',
    '1e3',
    '0x1f',
    '0o17',
    '.nan',
    '-.inf',
    '9007199254740993',
  ],
  ...[
    '~',
    'null',
    'True',
    'yes',
    '127.0.0.1',
    '::1',
    'http://a/b#c',
    'a #b',
    'a#b',
    '22:22',
    '-x',
    '--',
    '- x',
    '$a',
    '=',
  ],
  ...[
    '"d"',
    '"d\\n\\"e"',
    '"\\x41"',
    "'it''s'",
    "'",
    '"',
    '{{ t }}',
    '"{{ t }}"',
    '!unsafe x',
    '!vault |',
    '|',
    '>-',
    '|+',
    '>2',
    '|\n        x',
    '>-\n      # x\n\n       y\n',
    'a\n      b',
    '"a\n      b"',
    '[a,\n      b]',
    '!!str 5',
    '!x {}',
    '%a',
    '@a',
    '`',
  ],
  ...[
    '[]',
    '{}',
    '[a, b]',
    '[a, [1, "x"]]',
    '{a: 1, "b":2}',
    '{a: }',
    '[a b: c]',
    '[a,]',
    '{',
    '}',
    '[',
    ']',
    ',',
    'é',
    '\t',
    '\r',
    '\u2028',
  ],
];

const line = fc
  .tuple(fc.nat({ max: 6 }), fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }))
  .map(([indent, pieces]) => ' '.repeat(indent) + pieces.join(''));
/** Indented by a multiple of two and mostly a key: more of these are well formed. */
const tidyLine = fc
  .tuple(
    fc.nat({ max: 3 }),
    fc.constantFrom('', '- ', 'a: ', 'b: ', 'c:', 'a: &x ', '- a: '),
    fc.constantFrom('', '', ...PIECES),
  )
  .map(([indent, head, piece]) => '  '.repeat(indent) + head + piece);
const soup = fc.array(fc.oneof(line, tidyLine), { maxLength: 8 }).map((lines) => lines.join('\n'));
const tidySoup = fc.array(tidyLine, { maxLength: 8 }).map((lines) => lines.join('\n'));

const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    'true',
    '010',
    '1.0',
    'a b',
    '- x',
    '#',
    'é',
    '__proto__',
    'a\nb',
    'a\n b\n',
    '\n#c\n\n',
    'two words and more of them '.repeat(2),
  ),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(word, tie('value'), { maxKeys: 4 }),
}));
const written = fc
  .tuple(
    fc.dictionary(word, value, { minKeys: 1 }),
    fc.constantFrom(2, 4),
    fc.boolean(),
    fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'),
    fc.constantFrom(0, 20),
  )
  .map(([tree, indent, indentSeq, defaultStringType, lineWidth]) =>
    stringify(tree, { indent, indentSeq, defaultStringType, lineWidth }),
  );
const json = fc
  .tuple(fc.dictionary(word, value), fc.constantFrom(0, 2))
  .map(([tree, indent]) => JSON.stringify(tree, null, indent));

/** All that the quick way knows. */
const SAMPLE = `# all
---
all:
  vars: &all
    user: da   # the user
    "port": 22
    list: [a, 'b c', {d: 1}]
    empty:
  hosts:
    web[01:02]:
      <<: *all
      ip: 10.0.0.1
    "x": {}
    y: &y 'it''s'
    key: !vault |  # its header
        $ANSIBLE_VAULT;1.1;AES256
        6162

    script: |
      #!/bin/sh
      echo "a: b"
    long: one
      two
    quoted: "a
      b"
    # less
    raw: !unsafe "{{ x }}"
    flow: [ a,
      {b: c} ]
  children:
    more:
    - one
    - two: 2
      three: *y
    -   - -1
        - ~
    -
      k: "v\\n"
`;
const edit = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat({ max: 3 }),
  fc.constantFrom(...PIECES, '\n', ' ', '  ', ''),
);
const mutated = fc
  .tuple(fc.oneof(fc.constant(SAMPLE), written, json), fc.array(edit, { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) =>
    edits.reduce((now, [where, drop, piece]) => {
      const at = Math.round(where * now.length);
      return now.slice(0, at) + piece + now.slice(at + drop);
    }, text),
  );

const RUNS = 200;

t.test('the sample is read the quick way', async (t) => {
  const { quick, whole } = bothWays(SAMPLE);
  t.strictSame(quick, whole);
});

t.test('the quick way reads what the library reads, or leaves it to the library', async (t) => {
  for (const [name, texts] of Object.entries({ soup, tidySoup, written, json, mutated })) {
    let quick = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const read = bothWays(text);
        if (read.quick === undefined) return;
        quick += 1;
        deepStrictEqual(read.quick, read.whole);
      }),
      { numRuns: RUNS },
    );
    // what is well formed is what it is for
    const most = name === 'written' ? RUNS / 3 : 0;
    t.ok(quick > most, `${name}: ${quick} of ${RUNS} read the quick way`);
  }
});
