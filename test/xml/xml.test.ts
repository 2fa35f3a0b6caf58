import assert from 'node:assert/strict';
import fc from 'fast-check';
import sax from 'sax';
import t from 'tap';
import { editXml, type XmlEdit } from '../../lib/xml/edit-xml.ts';
import { readLocator } from '../../lib/xml/locator.ts';
import { xmlMatches } from '../../lib/xml/xml-matches.ts';

/** A file as one finds it: edited by hand over years, on several systems. */
const nasty = [
  '\uFEFF<?xml version="1.0" encoding="UTF-8" standalone=\'no\'?>',
  '<!DOCTYPE configuration [',
  '  <!-- don\'t take <object name="Policy"> here for an element -->',
  '  <!ENTITY company "Example &amp; Co">',
  ']>',
  '<!-- <configuration><core><id>1</id></core></configuration> -->',
  '<?tool <core><id>2</id></core> ?>',
  '<configuration xmlns:x="urn:x">',
  '  <core >\t<id> 5 </id></core>',
  '  <!-- <object name="Policy"><attribute name="mHost" value="comment"/></object> -->',
  '  <![CDATA[<object name="Policy"><attribute name="mHost" value="cdata"/></object>]]>',
  '  <node>',
  '    <object key="k1" name="Administration Service"   trans=\'t1\' ver="50600">',
  '      <attribute name="mHost" type="string" value="administration"/>',
  "      <attribute value = 'it&apos;s &quot;5&quot;' name='mNote' ></attribute>",
  '      <attribute name="mId" value="1" />',
  '    </object>',
  '    <object key=\'k"2\' name="Policy">',
  '      <attribute',
  '         name="mHost"',
  '         value="policy"',
  '      />',
  '      <attribute name="mId" type="integer" value="5"/>',
  '      <x:attribute name="mId" value="namespaced"/>',
  '    </object>',
  '    <object key="k3" name="Policy ü 𝄞 &company;"><attribute name="mId" value="&#x35;"/></object>',
  '  </node>',
  '  <empty/><blank>  </blank><spaced />',
  '  <cdata><![CDATA[ a<b ]]></cdata>',
  '  <noted><!-- the note --> some text <!-- behind --></noted>',
  '  <pieces>one<!-- and -->two</pieces>',
  '  <of>&company;</of>',
  '</configuration>',
  '<!-- the end, without a line end -->',
].join('\r\n');

const values = (locator: string, text = nasty) => xmlMatches(text, locator).map(({ value }) => value);
const edited = (at: string, value: string, text = nasty) => editXml(text, [{ at, value }]);

t.test('what locators lead to', async (t) => {
  const found: [string, string[]][] = [
    ['configuration/core/id', ['5']],
    ['/configuration/core/id', ['5']],
    ['//id', ['5']],
    ['//core//id/.', ['5']],
    ['configuration/*/id', ['5']],
    ['//object[@name="Administration Service"]/attribute[@name="mHost"]/@value', ['administration']],
    [`//object[ @name = 'Policy' ]/attribute[@name="mHost"]/@value`, ['policy']],
    ['//object[attribute[@name="mId"]/@value="1"]/@key', ['k1']],
    ['//object[attribute[@name="mId"][@type]/@value="5"]/@key', ['k"2']],
    [`//object[@key='k"2']/@name`, ['Policy']],
    ['//object[@ver]/@key', ['k1']],
    ['//object[x:attribute]/@key', ['k"2']],
    ['//x:attribute/@value', ['namespaced']],
    ['//node[.//attribute[@name="mHost"]/@value="policy"]/object[@ver]/@key', ['k1']],
    ['//attribute[@name="mId"]/@value', ['1', '5', '5']],
    ['//@ver', ['50600']],
    ['//configuration[core/id="5"]/core/id', ['5']],
    ['//id[.="5"]', ['5']],
    ['//id[.=" 5 "]', []],
    ['//attribute[@name="mNote"]/@value', [`it's "5"`]],
    ['//cdata', ['a<b']],
    ['//noted', ['some text']],
    ['//pieces', ['onetwo']],
    ['//of', ['&company;']],
    ['//empty', ['']],
    ['//blank', ['']],
    ['//object/@name', ['Administration Service', 'Policy', 'Policy ü 𝄞 &company;']],
    ['core/id', []],
    ['//Id', []],
    ['.', []],
  ];
  for (const [locator, wanted] of found) {
    t.same(values(locator), wanted, locator);
  }
  t.same(xmlMatches(nasty, '//object/@key'), [
    { value: 'k1', line: 13, column: 13 },
    { value: 'k"2', line: 18, column: 13 },
    { value: 'k3', line: 26, column: 13 },
  ]);
  t.same(
    xmlMatches('\uFEFF<a/>', 'a'),
    [{ value: '', line: 1, column: 1 }],
    'a byte order mark is no column',
  );
});

t.test('what is not understood of a locator is told with its place', async (t) => {
  const wrong: [string, string][] = [
    ['', 'the locator "" is not understood at its end'],
    ['a/', 'the locator a/ is not understood at its end'],
    ['a[', 'the locator a[ is not understood at its end'],
    ['//object[1]/@key', 'the locator //object[1]/@key is not understood from its character 10 on: 1]/@key'],
    ['a/text()', 'the locator a/text() is not understood from its character 7 on: ()'],
    ['a/../b', 'the locator a/../b is not understood from its character 3 on: ../b'],
    ['a/@b/c', 'the locator a/@b/c is not understood from its character 5 on: /c'],
    ['a[b and c]', 'the locator a[b and c] is not understood from its character 5 on: and c]'],
    ['a[b!="c"]', 'the locator a[b!="c"] is not understood from its character 4 on: !="c"]'],
    ['a[b=c]', 'the locator a[b=c] is not understood from its character 5 on: c]'],
    ['a[b="c]', 'the locator a[b="c] is not understood from its character 5 on: "c]'],
    ['a[/b]', 'the locator a[/b] is not understood from its character 3 on: /b]'],
    ['child::a', 'the locator child::a is not understood from its character 6 on: ::a'],
    ['a | b', 'the locator a | b is not understood from its character 2 on:  | b'],
    ['@', 'the locator @ is not understood at its end'],
  ];
  for (const [locator, message] of wrong) {
    t.throws(() => readLocator(locator), { code: 'playbook', message, hint: /what is understood: a\/b/ });
  }
});

t.test('edits, and what stays', async (t) => {
  const edits: [at: string, value: string, was: string, is: string][] = [
    ['//core/id', '6', '<id> 5 </id>', '<id> 6 </id>'],
    ['//core/id', 'a<b>&c"', '<id> 5 </id>', '<id> a&lt;b&gt;&amp;c" </id>'],
    ['//core/id', '', '<id> 5 </id>', '<id>  </id>'],
    [
      '//object[@key="k1"]/@trans',
      `"a" & 'b' < c >`,
      `trans='t1'`,
      `trans='"a" &amp; &apos;b&apos; &lt; c >'`,
    ],
    ['//object[@key="k1"]/@ver', `"a" & 'b'`, 'ver="50600"', `ver="&quot;a&quot; &amp; 'b'"`],
    ['//attribute[@name="mNote"]/@value', ' ', `'it&apos;s &quot;5&quot;'`, `' '`],
    [
      '//object[@name="Policy"]/attribute[@name="mHost"]/@value',
      'policy1',
      'value="policy"',
      'value="policy1"',
    ],
    ['//empty', '6', '<empty/>', '<empty>6</empty>'],
    ['//spaced', '6', '<spaced />', '<spaced>6</spaced>'],
    ['//blank', '6', '<blank>  </blank>', '<blank>6  </blank>'],
    ['//cdata', 'b<c', '<![CDATA[ a<b ]]>', '<![CDATA[ b<c ]]>'],
    ['//cdata', 'a]]>b', '<![CDATA[ a<b ]]>', '<![CDATA[ a]]]]><![CDATA[>b ]]>'],
    ['//noted', 'other', '--> some text <!--', '--> other <!--'],
    ['//object[@key="k3"]/attribute/@value', '7', '"&#x35;"', '"7"'],
  ];
  for (const [at, value, was, is] of edits) {
    t.equal(nasty.split(was).length, 2, `${was} is there once`);
    const result = edited(at, value);
    t.equal(
      result,
      nasty.replace(was, () => is),
      `${at} = ${value}`,
    );
    t.same(values(at, result), [value]);
    t.equal(edited(at, value, result), result, 'a second time changes nothing');
  }
  t.equal(
    editXml('<a b="1"\n c="2"><d/></a>', [
      { at: 'a/d', value: 'x' },
      { at: 'a/@c', value: '33' },
      { at: 'a/@b', value: '11' },
    ]),
    '<a b="11"\n c="33"><d>x</d></a>',
    'several, in whatever order',
  );
});

t.test('a value that is there already changes no byte', async (t) => {
  const there: XmlEdit[] = [
    { at: '//core/id', value: '5' },
    { at: '//object[@key="k3"]/attribute/@value', value: '5' },
    { at: '//attribute[@name="mNote"]/@value', value: `it's "5"` },
    { at: '//cdata', value: 'a<b' },
    { at: '//pieces', value: 'onetwo' },
    { at: '//empty', value: '' },
    { at: '//blank', value: '' },
  ];
  t.equal(editXml(nasty, there), nasty);
  t.equal(editXml(nasty, []), nasty);
});

t.test('edits that are refused', async (t) => {
  const core = '//core/id';
  const refused: [XmlEdit[], RegExp, RegExp?][] = [
    [
      [{ at: '//attribute[@name="mHost"]/@value', value: 'x' }],
      /^f\.xml: \S+ leads to 2 places, not to one: lines 14 and 21$/,
      /say more/,
    ],
    [
      [{ at: '//object[@name="Policy"]/attribute[@name="mPort"]/@value', value: '1' }],
      /leads nowhere: \/\/object\[@name="Policy"\] is there \(line 18\), but not \/attribute\[@name="mPort"\]\/@value below it/,
      /capitals/,
    ],
    [[{ at: 'config/core', value: '1' }], /config\/core leads nowhere; the root element is <configuration>$/],
    [
      [{ at: '//node', value: '1' }],
      /\/\/node leads to <node> \(line 12\), which holds elements, not a text/,
    ],
    [[{ at: '//pieces', value: '1' }], /\/\/pieces \(line 31\) has its text in several pieces/],
    [[{ at: '//of', value: '1' }], /\/\/of \(line 32\) is made of the entity &company;/],
    [[{ at: '//object[@key="k3"]/@name', value: '1' }], /made of the entity &company;/],
    [
      [
        { at: core, value: '6' },
        { at: 'configuration/core/id', value: '7' },
      ],
      /\/\/core\/id and configuration\/core\/id lead to one place \(line 9\), with different values/,
    ],
    [
      [
        {
          at: '//object[attribute[@name="mHost"]/@value="policy"]/attribute[@name="mHost"]/@value',
          value: 'p1',
        },
      ],
      /does not lead to its place any more when the edits are done/,
      /not edited: a name, a key/,
    ],
    [[{ at: core, value: 'a\nb' }], /the value for \/\/core\/id has a control character \(U\+000A\)/],
    [[{ at: core, value: 'a\u0085b' }], /control character \(U\+0085\)/],
    [[{ at: core, value: 'a\uD800b' }], /\(U\+D800\)/],
    [[{ at: core, value: ' 6' }], /has blanks around it/],
  ];
  for (const [edits, message, hint = /./] of refused) {
    t.throws(() => editXml(nasty, edits, 'f.xml'), { code: 'refused', message, hint }, String(message));
  }
  t.doesNotThrow(() => edited('//cdata', '𝄞 ü'));
});

t.test('texts that are refused', async (t) => {
  const refused: [string, RegExp][] = [
    ['', /^f\.xml:1:1: this is no well-formed XML: there is no element/],
    ['hello', /^f\.xml:1:1: this is no well-formed XML: non-whitespace/],
    ['<a>\n <b>\n</a>', /^f\.xml:\d:\d: /],
    ['<a>\n <b>', /^f\.xml:2:2: this is no well-formed XML: <b> is not closed/],
    ['<a>\n  &nbsp;</a>', /^f\.xml:2:8: .*entity/],
    ['<a b=c/>', /unquoted/],
    ['<a b="1"c="2"/>', /no whitespace/],
    ['<a b="1"\n   b="2"/>', /^f\.xml:2:4: .*b is given twice/],
    ['<a b="<"/>', /^f\.xml:1:4: .*a "<" in the value of b/],
    ['<a/><b/>', /^f\.xml:1:5: .*second root/],
    ['<a/>text', /text data outside/],
    ['<a/><![CDATA[x]]>', /^f\.xml:1:5: .*outside of the root/],
    ['< a/>', /^f\.xml:1:1: .*blank behind/],
    ['<a>< !-- x --></a>', /^f\.xml:1:4: .*begins nothing/],
    ['<a>1 < 2</a>', /f\.xml:1:\d+: /],
    ['<a><!ELEMENT a></a>', /^f\.xml:1:4: .*declaration/],
    ['<a><!-- a -- b --></a>', /malformed comment/],
    ['<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /says that its encoding is ISO-8859-1/],
    ['<a></a', /^f\.xml:/],
    ['<a/><!-- ', /^f\.xml:/],
  ];
  for (const [text, message] of refused) {
    t.throws(() => xmlMatches(text, '//a', 'f.xml'), { code: 'refused', message }, JSON.stringify(text));
  }
  t.same(values('a', "<?xml version='1.0' encoding='utf8'?>\n<a>&lt;</a>"), ['<']);
  t.same(values('a', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>'), ['&x;'], 'nothing else is read');
});

t.test('a large and a deep text', async (t) => {
  const wide = `<r>${'<o><p n="a" v="1"/><!-- x --></o>\n'.repeat(30_000)}<o><p n="b" v="2"/></o></r>`;
  t.equal(edited('//o[p/@n="b"]/p/@v', '3', wide), wide.replace('v="2"', 'v="3"'));
  const deep = `${'<d>'.repeat(20_000)}<x/>${'</d>'.repeat(20_000)}`;
  t.equal(edited('//d//x', '1', deep), deep.replace('<x/>', '<x>1</x>'));
  const comment = `<r><!--${' '.repeat(200_000)}--><x/></r>`;
  t.equal(edited('r/x', '1', comment), comment.replace('<x/>', '<x>1</x>'));
});

/** A document as a parser sees it: what it tells, in order. */
function told(text: string): string[] {
  const parser = sax.parser(true);
  const events: string[] = [];
  let run = '';
  const flush = () => {
    if (run.trim() !== '') events.push(`text ${run.trim()}`);
    run = '';
  };
  const tell = (event: string) => {
    flush();
    events.push(event);
  };
  parser.onerror = (error) => {
    throw error;
  };
  parser.ontext = (found) => {
    run += found;
  };
  parser.oncdata = (found) => {
    run += found;
  };
  parser.onopentag = ({ name, attributes }) => tell(`open ${name} ${JSON.stringify(attributes)}`);
  parser.onclosetag = (name) => tell(`close ${name}`);
  parser.oncomment = (comment) => events.push(`comment ${comment}`);
  parser.write(text).close();
  return events;
}

t.test('whatever is edited, only the value differs', async (t) => {
  const value = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((text) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(text));
  const word = value.map((text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''));
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
  const blank = fc.constantFrom('', ' ', '\n', '\r\n\t');
  const space = fc.constantFrom(' ', '  ', '\r\n ', '\n\t');
  const noise = fc.constantFrom(
    '',
    '<!---->',
    '<!-- <t v="9">9</t> -->',
    '<?pi <t/> ?>',
    ' text ',
    '<u/>',
    '<u t="1">x</u>',
  );
  const cdata = word
    .filter((text) => text !== '' && !text.includes(']]>'))
    .map((text) => `<![CDATA[${text}]]>`);
  const part = fc.record({
    before: noise,
    space,
    quote: fc.constantFrom('"', "'"),
    attribute: value.map(escaped),
    end: blank,
    left: blank,
    inner: fc.oneof(word.map(escaped), cdata),
    right: blank,
    isSelfClosing: fc.boolean(),
  });
  const parts = fc.array(part, { minLength: 1, maxLength: 4 });
  const heads = fc.constantFrom('', '\uFEFF', '\uFEFF<?xml version="1.0"?>\r\n', '<!DOCTYPE r>\n');

  const property = fc.property(
    heads,
    parts,
    fc.nat(3),
    fc.boolean(),
    value,
    word,
    (head, all, n, isAttribute, v, w) => {
      const chosen = n % all.length;
      const written = all.map(
        ({ before, space, quote, attribute, end, left, inner, right, isSelfClosing }, k) => {
          const toAttribute = `${before}<t${space}k="${k}"${space}v${end}=${end}${quote}`;
          const toText = `${toAttribute}${attribute}${quote}${isSelfClosing ? '' : `${end}>${inner === '' ? '' : left}`}`;
          const tail = `${inner === '' ? left : ''}${right}</t>`;
          const text = isSelfClosing ? `${toText}${end}/>` : toText + inner + tail;
          const behindAttribute = text.slice(toAttribute.length + attribute.length);
          return { text, toAttribute, behindAttribute, toText, behindText: isSelfClosing ? '</t>' : tail };
        },
      );
      const join = (some: typeof written) => some.map(({ text }) => text).join('\n');
      const own = written[chosen] as (typeof written)[number];
      const upTo = `${head}<r>${join(written.slice(0, chosen))}\n`;
      const behind = `\n${join(written.slice(chosen + 1))}</r>\n`;
      const text = upTo + own.text + behind;
      const at = `r/t[@k="${chosen}"]${isAttribute ? '/@v' : ''}`;
      const wanted = isAttribute ? v : w;
      const result = editXml(text, [{ at, value: wanted }]);

      // Read back by another way of reading, which knows no places: all else is as it was.
      const expected = told(text);
      const opening = expected.findIndex((event) => event.startsWith(`open t {"k":"${chosen}"`));
      if (isAttribute) expected[opening] = `open t ${JSON.stringify({ k: String(chosen), v: wanted })}`;
      else {
        const hasText = expected[opening + 1]?.startsWith('text ') === true;
        expected.splice(
          opening + 1,
          hasText ? 1 : 0,
          ...(wanted.trim() === '' ? [] : [`text ${wanted.trim()}`]),
        );
      }
      assert.deepEqual(told(result), expected);

      // And so is every byte before the value and behind it.
      if (result === text) return;
      assert.ok(result.startsWith(upTo + (isAttribute ? own.toAttribute : own.toText)));
      assert.ok(result.endsWith((isAttribute ? own.behindAttribute : own.behindText) + behind));
      assert.equal(editXml(result, [{ at, value: wanted }]), result);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});

t.test('a value that is read is the value that was written', async (t) => {
  const value = fc
    .string({ unit: 'binary', maxLength: 20 })
    .filter((text) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(text));
  const texts = fc.constantFrom('<a v="">x</a>', "<a v=''><![CDATA[x]]></a>");
  const property = fc.property(value, texts, (written, text) => {
    const result = edited('a/@v', written, text);
    const word = written.replace(/^ +| +$/g, '');
    assert.deepEqual(values('a/@v', result), [written]);
    assert.deepEqual(values('a', edited('a', word, result)), [word]);
  });
  t.doesNotThrow(() => fc.assert(property));
});
