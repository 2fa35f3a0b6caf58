import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import type { DabookError } from '../../lib/errors.ts';
import { secret } from '../../lib/secret.ts';
import { blockOf } from '../../lib/yaml/block-of.ts';
import { editYaml, type YamlEdit } from '../../lib/yaml/edit-yaml.ts';
import { type Path, type Plain, valueAt } from '../../lib/yaml/path.ts';
import { readYaml } from '../../lib/yaml/read-yaml.ts';
import { renameKey } from '../../lib/yaml/rename-key.ts';
import { nastyTexts } from './nasty-texts.ts';

const compose = nastyTexts.compose ?? '';

type Row = readonly [what: string, before: string, edits: readonly YamlEdit[], after: string];

const set = (path: string, value: Plain): YamlEdit => ({ at: pathOf(path), set: value });
const remove = (path: string): YamlEdit => ({ at: pathOf(path), remove: true });
const block = (path: string, text: string): YamlEdit => ({ at: pathOf(path), block: text });

/** `a.b.0` as a path. */
function pathOf(path: string): Path {
  return path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

t.test('a value that is there keeps its way of writing', async (t) => {
  const rows: readonly Row[] = [
    ['plain', 'a: x # why\n', [set('a', 'new')], 'a: new # why\n'],
    ['double', 'a: "x"\t# why\n', [set('a', 'say "y"')], 'a: "say \\"y\\""\t# why\n'],
    ['single', "a: 'x'\n", [set('a', "it's")], "a: 'it''s'\n"],
    ['single that cannot hold it', "a: 'x'\n", [set('a', 'x\ny')], 'a: "x\\ny"\n'],
    ['plain that cannot hold it', 'a: x\n', [set('a', '22:22')], 'a: "22:22"\n'],
    ['single quotes where the file has them', "a: x\nb: 'y'\n", [set('a', 'yes')], "a: 'yes'\nb: 'y'\n"],
    ['a number in quotes becomes one', 'a: "1"\n', [set('a', 2)], 'a: 2\n'],
    ['a text of digits', 'a: 1\n', [set('a', '2')], 'a: "2"\n'],
    ['a file mode for readers of 1.1', 'a: x\n', [set('a', '0644')], 'a: "0644"\n'],
    ['several lines', 'a: x\n  y\nb: 1\n', [set('a', 'z')], 'a: z\nb: 1\n'],
    ['literal', 'a: |- # why\n   x\nb: 1\n', [set('a', 'y\n\nz')], 'a: |- # why\n   y\n\n   z\nb: 1\n'],
    ['literal with an end', 'a: |-\n  x\nb: 1\n', [set('a', 'y\nz\n')], 'a: |\n  y\n  z\nb: 1\n'],
    ['literal that cannot hold it', 'a: | # why\n  x\nb: 1\n', [set('a', ' y')], 'a: " y" # why\nb: 1\n'],
    ['folded', 'a: >-\n  x\n  y\nb: 1\n', [set('a', 'one line')], 'a: >-\n  one line\nb: 1\n'],
    ['in a flow list', 'a: [x, "y"] # why\n', [set('a.1', 'z')], 'a: [x, "z"] # why\n'],
    ['in a flow list, what would end it', 'a: [x, y]\n', [set('a.1', 'b, c')], 'a: [x, "b, c"]\n'],
    ['JSON', '{"a": 1}\n', [set('a', 'x')], '{"a": "x"}\n'],
    ['nothing', 'a: # why\nb: 1\n', [set('a', 'x')], 'a: x # why\nb: 1\n'],
    ['nothing behind a dash', '-\n- b\n', [set('0', 'x')], '- x\n- b\n'],
    ['a key without a colon', '{a, b}\n', [set('a', 'x')], '{a: x, b}\n'],
    ['an anchor that nobody uses', 'a: &x 1 # why\n', [set('a', 2)], 'a: &x 2 # why\n'],
    ['an alias in its place', 'a: &x 1\nb: *x # why\n', [set('b', 2)], 'a: &x 1\nb: 2 # why\n'],
    ['null', 'a: x\n', [set('a', null)], 'a: null\n'],
    ['a mapping for a text', 'a: x # why\nb: 1\n', [set('a', { c: [1] })], 'a: # why\n  c:\n    - 1\nb: 1\n'],
    ['a text for a mapping', 'a: # why\n  c: 1\n  # in it\nb: 1\n', [set('a', 'x')], 'a: x # why\nb: 1\n'],
    ['a list for nothing', 'a:\n- b:\n', [set('a.0.b', ['x'])], 'a:\n- b:\n  - x\n'],
    [
      'what is the same in a mapping stays as it is',
      "a:\n  b: 'x' # b\n  # about c\n  c: 1\n\n  d: 2\n",
      [set('a', { b: 'x', d: 3, e: 4 })],
      "a:\n  b: 'x' # b\n\n  d: 3\n\n  e: 4\n",
    ],
    [
      'what is the same in a list stays as it is',
      'a:\n- "x" # x\n- y # y\n- z\n',
      [set('a', ['x', 'w'])],
      'a:\n- "x" # x\n- w # y\n',
    ],
  ];
  for (const [what, before, edits, after] of rows) t.equal(editYaml(before, edits), after, what);
});

t.test('what is so already changes nothing', async (t) => {
  const edits = [
    set('version', '3.7'),
    set('services.policy.ports', [{ mode: 'host', published: 9301, target: 9301 }, '9400:9400']),
    set('services.auth.restart', 'always'),
    set('services.empty', null),
    block('services.policy', 'policy:\n  other: 1\n'),
    remove('services.gone'),
    remove('services.policy.ports.7'),
    remove('gone.deep.1.er'),
  ];
  t.equal(editYaml(compose, edits), compose);
});

t.test('what is missing is added in the way of what is around it', async (t) => {
  const rows: readonly Row[] = [
    ['a key', 'a: 1\n', [set('b', 'x')], 'a: 1\nb: x\n'],
    [
      'a key, in its depth',
      'a:\n    b: 1 # b\nc: 2\n',
      [set('a.d', 'x')],
      'a:\n    b: 1 # b\n    d: x\nc: 2\n',
    ],
    [
      'with a blank line where the others have one',
      'a: 1\n\nb: 2\n',
      [set('c', 3)],
      'a: 1\n\nb: 2\n\nc: 3\n',
    ],
    [
      'above the comment of what follows',
      'a:\n  b: 1\n# c\nc: 2\n',
      [set('a.d', 2)],
      'a:\n  b: 1\n  d: 2\n# c\nc: 2\n',
    ],
    [
      'below the comment of what is before',
      'a:\n  b:\n    c: 1\n    # deep\n\nd: 1\n',
      [set('a.e', 2)],
      'a:\n  b:\n    c: 1\n    # deep\n  e: 2\n\nd: 1\n',
    ],
    ['quoted as the others', "a: 'x'\nb: 'y'\n", [set('c', 'z')], "a: 'x'\nb: 'y'\nc: 'z'\n"],
    ['a key that is no text to every reader', 'a: 1\n', [set('on', 2)], 'a: 1\n"on": 2\n'],
    [
      'a mapping, with the steps of the file',
      'a:\n   b: 1\n',
      [set('c', { d: { e: 1 } })],
      'a:\n   b: 1\nc:\n   d:\n      e: 1\n',
    ],
    [
      'a list as the file has them',
      'a:\n- 1\n',
      [set('b', ['x', { c: 1, d: 2 }])],
      'a:\n- 1\nb:\n- x\n- c: 1\n  d: 2\n',
    ],
    ['a list where the file has none', 'a: 1\n', [set('b', [['x', 'z']])], 'a: 1\nb:\n  - - x\n    - z\n'],
    ['lines', 'a: 1\n', [set('b', 'x\ny\n')], 'a: 1\nb: |\n  x\n  y\n'],
    ['an item', 'a:\n  - x\n  # end\nb: 1\n', [set('a.1', 'z')], 'a:\n  - x\n  - z\n  # end\nb: 1\n'],
    [
      'an item, behind a wide dash',
      '-   a: 1\n',
      [set('0.b', 2), set('1', 'x')],
      '-   a: 1\n    b: 2\n- x\n',
    ],
    ['in a flow mapping', 'a: {b: 1} # why\n', [set('a.c', 'x: y')], 'a: {b: 1, c: "x: y"} # why\n'],
    ['in a padded one', 'a: { b: 1 }\n', [set('a.c', [1, { d: 2 }])], 'a: { b: 1, c: [1, {d: 2}] }\n'],
    ['behind a last comma', 'a: [x, ]\n', [set('a.1', 'z')], 'a: [x, z, ]\n'],
    ['below a flow mapping', '{a: {b: }}\n', [set('a.b.c.0', 'x')], '{a: {b: {c: [x]} }}\n'],
    [
      'JSON in lines',
      '{\n  "a": 1,\n  "b": 2\n}\n',
      [set('c', { d: 'x' })],
      '{\n  "a": 1,\n  "b": 2,\n  "c": {"d": "x"}\n}\n',
    ],
    [
      'flow in lines, above a comment',
      '[\n  a, # a\n  # end\n]\n',
      [set('1', 'b')],
      '[\n  a, # a\n  b,\n  # end\n]\n',
    ],
    ['below an empty key', 'a: # why\nb: 1\n', [set('a.c', 1)], 'a: # why\n  c: 1\nb: 1\n'],
    ['below null', 'a: ~ # why\n', [set('a.c', 1)], 'a: # why\n  c: 1\n'],
    ['below an empty mapping', 'a: {} # why\n', [set('a.c', 1)], 'a: # why\n  c: 1\n'],
    ['all of a path', 'a: 1\n', [set('b.c.0.d', 1)], 'a: 1\nb:\n  c:\n    - d: 1\n'],
    ['in an empty text', '', [set('a.b', 1)], 'a:\n  b: 1\n'],
    ['in a text of comments', '# head\n---\n...\n', [set('a', 1)], '# head\n---\na: 1\n...\n'],
    ['Windows line ends', 'a:\r\n  b: 1\r\n', [set('a.c', { d: 1 })], 'a:\r\n  b: 1\r\n  c:\r\n    d: 1\r\n'],
    ['a byte order mark', '\uFEFFa: 1\n', [set('b', 1)], '\uFEFFa: 1\nb: 1\n'],
    ['no end of the last line', 'a:\n  b: 1', [set('a.c', [1])], 'a:\n  b: 1\n  c:\n    - 1'],
    [
      'over what a merge gives',
      'a: &a\n  x: 1\nb:\n  <<: *a\n',
      [set('b.x', 2)],
      'a: &a\n  x: 1\nb:\n  <<: *a\n  x: 2\n',
    ],
  ];
  for (const [what, before, edits, after] of rows) t.equal(editYaml(before, edits), after, what);
});

t.test('a block is added as it is written', async (t) => {
  const text =
    '    # head\r\n    b:\r\n        x: "1"   # one\r\n\r\n        y:\r\n        - |\r\n          two\r\n             three\r\n';
  const lines = (by: string, end = '\n') =>
    ['# head', 'b:', '    x: "1"   # one', '', '    y:', '    - |', '      two', '         three']
      .map((line) => (line === '' ? '' : by + line) + end)
      .join('');
  const rows: readonly Row[] = [
    [
      'in the depth of its mapping',
      's:\n  a: {}\n# n\nn: 1\n',
      [block('s.b', text)],
      `s:\n  a: {}\n${lines('  ')}# n\nn: 1\n`,
    ],
    [
      'with the line ends of the text',
      's:\r\n  a: 1\r\n',
      [block('s.b', text)],
      `s:\r\n  a: 1\r\n${lines('  ', '\r\n')}`,
    ],
    [
      'below an empty key',
      's:\n  # none yet\nn:\n - 1\n',
      [block('s.b', text)],
      `s:\n  # none yet\n${lines(' ')}n:\n - 1\n`,
    ],
    ['where the key is missing', 'n: 1\n', [block('s.t.b', text)], `n: 1\ns:\n  t:\n${lines('    ')}`],
    [
      'in a flow mapping by its values',
      's: {a: 1}\n',
      [block('s.b', 'b:\n  x: "1"\n  w: [z] # z\n')],
      's: {a: 1, b: {x: "1", w: [z]}}\n',
    ],
    [
      'which may be one line',
      's:\n  a: 1\n',
      [block('s.b', 'b: [2, 3] # why')],
      's:\n  a: 1\n  b: [2, 3] # why\n',
    ],
  ];
  for (const [what, before, edits, after] of rows) t.equal(editYaml(before, edits), after, what);
});

t.test('what is removed takes its own lines with it', async (t) => {
  const rows: readonly Row[] = [
    ['a line', 'a: 1\nb: 2 # b\nc: 3\n', [remove('b')], 'a: 1\nc: 3\n'],
    ['the comment above', 'a: 1\n# b\n# too\nb:\n  x: 1\n  # in it\nc: 3\n', [remove('b')], 'a: 1\nc: 3\n'],
    [
      'not one that others share',
      'x:\n  # both\n  a: 1\n  b: 2\n',
      [remove('x.a')],
      'x:\n  # both\n  b: 2\n',
    ],
    ['not the head of the text', '# head\na: 1\n\nb: 2\n', [remove('a')], '# head\n\nb: 2\n'],
    ['not the comment of what follows', 'a: 1\nb: 2\n# c\nc: 3\n', [remove('b')], 'a: 1\n# c\nc: 3\n'],
    ['one of two blank lines', 'a: 1\n\nb: 2\n\nc: 3\n', [remove('b')], 'a: 1\n\nc: 3\n'],
    [
      'no blank line more for a text that keeps them',
      'a: |+\n  x\n\nb: 2\n\nc: 3\n',
      [remove('b')],
      'a: |+\n  x\n\nc: 3\n',
    ],
    [
      'the last one leaves an empty mapping',
      'a: # why\n  # b\n  b: 1\nc: 2\n',
      [remove('a.b')],
      'a: {} # why\nc: 2\n',
    ],
    ['the last item an empty list', 'a:\n- 1\nc: 2\n', [remove('a.0')], 'a: []\nc: 2\n'],
    ['all', '# head\na: 1\n', [remove('a')], '# head\n{}\n'],
    ['an item', '- a: 1\n  b: 2\n- c\n', [remove('0')], '- c\n'],
    ['the key behind a dash', '- a: 1\n  b: 2\n', [remove('0.a')], '- b: 2\n'],
    ['the same, with comments', '- a: 1 # a\n  # b\n  b: 2\n', [remove('0.a')], '-\n  # b\n  b: 2\n'],
    ['in a flow list', 'a: [x, y, z] # why\n', [remove('a.1')], 'a: [x, z] # why\n'],
    ['the last in a flow list', 'a: [ x, y ]\n', [remove('a.1')], 'a: [ x ]\n'],
    ['the only one in it', 'a: { x: 1 }\n', [remove('a.x')], 'a: {}\n'],
    ['JSON in lines', '{\n  "a": 1,\n  "b": 2\n}\n', [remove('b')], '{\n  "a": 1\n}\n'],
    ['flow in lines', '[\n  a, # a\n  b, # b\n]\n', [remove('0')], '[\n  b, # b\n]\n'],
    ['no end of the last line', 'a: 1\r\nb: 2', [remove('b')], 'a: 1'],
  ];
  for (const [what, before, edits, after] of rows) t.equal(editYaml(before, edits), after, what);
  const added = editYaml(compose, [set('services.more', { image: 'x:1', ports: [1] })]);
  t.equal(editYaml(added, [remove('services.more')]), compose, 'adding and removing leave no trace');
});

t.test('edits are refused with their place', async (t) => {
  const rows: readonly (readonly [text: string, edit: YamlEdit, message: string, hint: RegExp])[] = [
    ['a: [1\nb: 2\n', set('b', 1), '2:1: no valid YAML: ', /./],
    ['a:\n\tb: 1\n', set('b', 1), '2:1: no valid YAML: Tabs', /indent with spaces/],
    ['a: 1\n---\nb: 2\n', set('a', 1), '2:1: another document begins here', /one document/],
    [
      '\uFEFFa: 1\r\nb:\r\n  c: 1\r\n  c: 2\r\n',
      set('a', 2),
      '4:3: the key "c" stands here a second time',
      /remove one/,
    ],
    ['a: 1\n', set('a.b', 1), '1:1: a is a single value, and has nothing in it', /typing mistake/],
    ['- x\n', set('b', 1), '1:1: the text is a list, which has no "b"', /by its number/],
    ['a:\n  - x\n', set('a.2', 1), '2:3: a has 1 items: 2 is not the next one', /appended/],
    [
      'a: &x {k: 1}\nb: *x\n',
      set('b.k', 2),
      '2:1: b is the alias *x: an edit in it would change the place of &x',
      /write the value out/,
    ],
    [
      'a: &x {k: 1}\nb: *x\n',
      set('a.k', 2),
      '1:8: a.k cannot be edited: b.k would change too',
      /share an anchor/,
    ],
    [
      'a: &x 1\nb: *x\n',
      remove('a'),
      '1:1: a cannot be edited: *x would have no anchor &x before it',
      /write its value out/,
    ],
    [
      'a: &x\n  k: {l: 1}\nb:\n  <<: *x\n',
      set('b.k.l', 2),
      '3:1: b.k comes from a merge (<<)',
      /where it comes from|comes from/,
    ],
    [
      'a: &x\n  k: 1\nb:\n  <<: *x\n',
      remove('b.k'),
      '4:3: b.k comes from a merge (<<): it cannot be removed',
      /where it comes from/,
    ],
    ['a: 1\n', block('b', 'c: 1\n'), '1:1: the block for b has the key "c"', /renameKey/],
    [
      'a: 1\n',
      block('b', 'b:\n  <<: *x\n'),
      '1:1: b cannot be edited: *x would have no anchor &x',
      /write its value out/,
    ],
    ['a: 1\n', block('b', 'b: 1\nc: 2\n'), 'a block is one entry of a mapping', /blockOf/],
    ['a: 1\n', { at: [], set: 1 }, '1:1: an edit needs a path', /such as/],
  ];
  for (const [text, edit, message, hint] of rows) {
    try {
      t.fail(`${JSON.stringify(text)} became ${editYaml(text, [edit])}`);
    } catch (error) {
      const { code, message: told, hint: help = '' } = error as DabookError;
      t.equal(code, 'refused', message);
      t.ok(told.startsWith(message), told);
      t.match(help, hint);
    }
  }
  for (const value of [secret('password', 'x'), new Date(), undefined, 1n, [() => 1]]) {
    const edit = { at: ['a', 'b'], set: value } as unknown as YamlEdit;
    t.throws(() => editYaml('', [edit]), { code: 'playbook', message: /^a\.b.* cannot be written as YAML/ });
  }
});

t.test('an entry is cloned as its author wrote it', async (t) => {
  const policy = blockOf(compose, ['services', 'policy']) ?? '';
  t.match(policy, /^policy:\n {2}image: 'registry[\s\S]*\n {2}# deeper than the next key\n$/);
  t.equal(blockOf(compose, ['services', 'gone']), undefined);
  t.throws(() => blockOf(compose, ['services', 'policy', 'ports', 0]), { code: 'refused' });

  const renamed = renameKey(policy, 'policy1');
  t.equal(renamed, policy.replace('policy:', 'policy1:'));
  t.equal(renameKey('"a": 1 # a\n', 'b'), '"b": 1 # a\n');
  t.equal(renameKey('# head\na:\n  a: 1\n', 'yes'), '# head\n"yes":\n  a: 1\n');

  const cloned = editYaml(renamed, [
    set('policy1.hostname', 'policy1'),
    set('policy1.ports.0.published', 9302),
  ]);
  const after = editYaml(compose, [block('services.policy1', cloned)]);
  t.same(readYaml(after, ['services', 'policy1']), {
    ...(readYaml(compose, ['services', 'policy']) as object),
    hostname: 'policy1',
    ports: [{ target: 9301, published: 9302, mode: 'host' }, '9400:9400'],
  });
  t.equal(blockOf(after, ['services', 'policy1']), cloned);

  const windows = nastyTexts.windows ?? '';
  t.equal(
    blockOf(windows, ['services', 'web']),
    'web:\n    image: a:1 # tag\n\n    text: |\n        one\n          two\n',
  );
  t.equal(blockOf(windows, ['list', 1, 'c']), 'c: 2\n', 'the last line has its end');
  t.equal(blockOf(windows, ['services', 'db', 'ports']), 'ports: [1, 2]\n', 'from a flow mapping');

  const merging = blockOf(compose, ['services', 'auth']) ?? '';
  t.same(readYaml(merging, ['auth', 'image']), 'registry.example/da/auth:6.0.5', 'without its anchor');
  t.equal(readYaml('a: *x\n', ['a']), undefined);
  const edited = editYaml(renameKey(merging, 'auth1'), [set('auth1.image', 'x:1')]);
  t.match(edited, /^auth1:\n {2}<<: \*common\n {2}image: "x:1"\n/);
  t.equal(
    readYaml(editYaml(compose, [block('services.auth1', edited)]), ['services', 'auth1', 'restart']),
    'always',
  );
});

t.test('reading', async (t) => {
  t.equal(readYaml(compose, ['services', 'policy', 'ports', 0, 'mode']), 'host');
  t.equal(readYaml(compose, ['services', 'auth', 'labels', '8080']), 'number');
  t.equal(readYaml(compose, ['services', 'empty']), null);
  t.equal(readYaml(compose, ['services', 'empty', 'x']), undefined);
  t.equal(readYaml(compose, ['services', 'policy', 'ports', 'length']), undefined);
  t.equal(readYaml(compose, ['constructor']), undefined);
  t.equal(readYaml('', []), null);
  t.throws(() => readYaml('a: 1\na: 2\n', []), { code: 'refused', message: /^2:1: / });
});

t.test('whatever is edited, nothing else changes', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(nastyTexts)), anyEdit, (text, choose) => {
      const edit = choose(text);
      const before = read(text);
      let after: string;
      try {
        after = editYaml(text, [edit]);
      } catch (error) {
        // Anchors carry a change to other places, and a path may lead through a value.
        const { code, message } = error as DabookError;
        const allowed = /&\w/.test(text) ? /change too|no anchor|merge|alias|single value/i : /single value/;
        return code === 'refused' && allowed.test(message);
      }
      const value = 'set' in edit ? edit.set : 'block' in edit ? { image: 'x', list: ['t\n'] } : undefined;
      const had = valueAt(before, edit.at);
      const wanted = 'block' in edit && had !== undefined ? before : withValue(before, edit.at, value);
      if (!isDeepStrictEqual(read(after), wanted)) throw new Error(`it reads otherwise:\n${after}`);
      if (isDeepStrictEqual(before, wanted) !== (after === text))
        throw new Error(`changed in vain:\n${after}`);
      const isItem = typeof edit.at.at(-1) === 'number';
      if (!('remove' in edit && isItem) && editYaml(after, [edit]) !== after)
        throw new Error(`not settled:\n${after}`);
      if (text.startsWith('\uFEFF') !== after.startsWith('\uFEFF')) throw new Error('byte order mark');
      if (text !== '' && text.endsWith('\n') !== after.endsWith('\n')) throw new Error('last line end');
      if (text.includes('\r\n') && /[^\r]\n/.test(after)) throw new Error('line ends');
      return isConfined(text, after, edit);
    }),
    { numRuns: 400 },
  );
  t.pass('400 edits');
});

const read = (text: string): unknown => parse(text, { merge: true, uniqueKeys: false });

/** Removed and changed lines are those of the entry; an addition to a block collection takes none away. */
function isConfined(text: string, after: string, edit: YamlEdit): boolean {
  const [old, now] = [text.split(/(?<=\n)/), after.split(/(?<=\n)/)];
  let first = 0;
  while (first < old.length && old[first] === now[first]) first += 1;
  let last = old.length - 1;
  while (
    last >= first &&
    now.length - (old.length - last) >= first &&
    old[last] === now[now.length - (old.length - last)]
  )
    last -= 1;
  const own = blockIn(text, edit.at);
  if (first > last || own === undefined) return true;
  // A comment and a blank line above may go with it.
  const slack = 'remove' in edit ? 3 : 0;
  if (first < own.first - slack || last > own.last + slack)
    throw new Error(`lines ${first}-${last}:\n${after}`);
  return true;
}

/** The lines of an entry of a mapping in a block, by the text of it that `blockOf` gives. */
function blockIn(text: string, at: Path): { readonly first: number; readonly last: number } | undefined {
  if (at.some((step) => typeof step === 'number') || valueAt(read(text), at) === undefined) return undefined;
  const own = blockOf(text, at)?.replace(/\n$/, '').split('\n') ?? [];
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const first = lines.findIndex((_, index) =>
    // An entry of a flow mapping is part of a line, and may look like the end of another one.
    own.every((line, offset) => {
      const there = lines[index + offset] ?? '';
      return offset === 0 ? there.trimStart() === line : there.endsWith(line);
    }),
  );
  return first === -1 ? undefined : { first, last: first + own.length - 1 };
}

function withValue(data: unknown, [step, ...rest]: Path, value: Plain | undefined): unknown {
  if (step === undefined) return value;
  if (value === undefined && data === null) return data;
  const isList = Array.isArray(data) || (data === null && typeof step === 'number');
  const copy: Record<string | number, unknown> = isList
    ? ([...((data as unknown[]) ?? [])] as never)
    : { ...(data as object) };
  if (rest.length > 0 || value !== undefined) copy[step] = withValue(copy[step] ?? null, rest, value);
  else if (Array.isArray(copy)) copy.splice(step as number, 1);
  else delete copy[step];
  return copy;
}

const words = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ...[
      'yes',
      '0644',
      '22:22',
      'a: b',
      '# x',
      ' x',
      'x ',
      '- a',
      '*a',
      '&a',
      '!t',
      '{',
      '[',
      'null',
      '~',
      '1e3',
      '2020-01-01',
    ],
    ...[
      '<<',
      '=',
      'a\nb',
      'a\nb\n',
      '\n',
      '',
      '---',
      '...',
      '%x',
      "it's",
      '"q"',
      '\u2028',
      '\x85',
      '\uFEFF',
      '\ud800',
      'a\tb',
      '?',
      ':',
      'a:',
      'a #b',
    ],
  ),
);
const keys = words.filter((key) => key !== '__proto__');
const scalars = fc.oneof(words, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const plains = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const raw =
  '   blk:\r\n     # c\r\n     image: "x" # y\r\n\r\n     list:\r\n     - |\r\n       t\r\n   # end\r\n';

/** An edit of what a text has, or of something new in it. */
const anyEdit = fc
  .record({
    pick: fc.nat(),
    kind: fc.constantFrom('set', 'new', 'deep', 'block', 'remove'),
    value: plains,
    key: keys,
  })
  .map(({ pick, kind, value, key }) => (text: string): YamlEdit => {
    const data = read(text);
    const all = pathsOf(data);
    const chosen = (paths: readonly Path[]) => paths[pick % paths.length] ?? ['x'];
    const isOpen = (path: Path) => typeof at(data, path) === 'object';
    const there = chosen(all.filter((path) => path.length > 0));
    if (kind === 'set') return { at: there, set: value };
    if (kind === 'remove') return { at: there, remove: true };
    if (kind === 'block')
      return {
        at: [...chosen(all.filter((path) => isOpen(path) && !Array.isArray(at(data, path)))), 'blk'],
        block: raw,
      };
    const holder = chosen(all.filter(isOpen));
    const items = at(data, holder);
    const path = [...holder, Array.isArray(items) ? items.length : key];
    return { at: kind === 'deep' ? [...path, 'q', ...(pick % 2 === 0 ? [0] : [])] : path, set: value };
  });

const at = (data: unknown, path: Path) => (path.length === 0 ? data : valueAt(data, path));

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const step = (key: string) => (Array.isArray(value) ? Number(key) : key);
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, step(key)]))];
}
