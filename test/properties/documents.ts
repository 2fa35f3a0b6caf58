import fc from 'fast-check';
import { secret } from '../../lib/secret.ts';
import type { YamlEdit } from '../../lib/yaml/edit-yaml.ts';
import { nastyTexts } from '../yaml/nasty-texts.ts';
import { given, maybe, oddText } from './words.ts';

/** YAML as people write it, and what is none. */
export const yamlText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a: 1\n', 'services:\n  web:\n    image: x:1\n', 'a: [\n', '- a\n- b\n', 'just text\n'),
  fc.constantFrom(...Object.values(nastyTexts)),
);

const yamlPath = fc.constantFrom<YamlEdit['at']>(
  ['a'],
  ['services', 'policy', 'image'],
  ['services', 'web', 'image'],
  ['services', 'new', 'deploy', 'replicas'],
  ['one', 'image'],
  ['list', 0],
  [1],
  ['größe'],
);

/** Edits of places that are there, and of others. */
export const yamlEdits: fc.Arbitrary<readonly YamlEdit[]> = fc.array(
  fc.oneof(
    fc.record({
      at: yamlPath,
      set: fc.oneof(oddText, fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ b: ['c'] })),
    }),
    fc.record({ at: yamlPath, remove: fc.constant(true as const) }),
    fc.record({ at: yamlPath, block: fc.constantFrom('image: y\n', '- t\n', 'plain\n') }),
  ),
  { minLength: 1, maxLength: 3 },
) as fc.Arbitrary<readonly YamlEdit[]>;

/** XML with the places that {@link xmlValues} lead to, without them, twice, or no XML. */
export const xmlText: fc.Arbitrary<string> = fc
  .record({
    head: fc.constantFrom('', '\uFEFF', '<?xml version="1.0"?>\r\n'),
    id: fc.constantFrom('<id>6</id>', '<id/>', '<id><![CDATA[6]]></id>', '', '<id>6</id><id>7</id>', '<id>'),
    value: fc.constantFrom('', 'a', '&amp;', 'größe'),
    tail: fc.constantFrom('', '\n', '<!-- end -->\n'),
  })
  .map(
    ({ head, id, value, tail }) =>
      `${head}<configuration>\n\t<core>${id}</core>\n\t<object name="P1"><attribute name='mHost' value="${value}"/></object>\n</configuration>${tail}`,
  );

/** Values of such a file. */
export const xmlValues = fc.uniqueArray(
  fc
    .record({
      at: fc.constantFrom(
        'configuration/core/id',
        '//object[@name="P1"]/attribute[@name="mHost"]/@value',
        '//object/@name',
      ),
      value: fc.oneof(
        fc.integer(),
        oddText.filter((text) => !/\p{Cc}/u.test(text)),
        fc.constant('hunter2').map((text) => secret('pin', text)),
      ),
      name: maybe(fc.constantFrom('core id', 'constructor', 'größe')),
    })
    .map(given),
  { selector: ({ at, name }) => name ?? at, minLength: 1, maxLength: 2 },
);
