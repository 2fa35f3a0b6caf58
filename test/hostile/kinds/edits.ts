import { codeOf, messageOf } from '../../../lib/errors.ts';
import { xmlMatches } from '../../../lib/xml/xml-matches.ts';
import { editYaml } from '../../../lib/yaml/edit-yaml.ts';
import { readYaml } from '../../../lib/yaml/read-yaml.ts';
import { renameKey } from '../../../lib/yaml/rename-key.ts';
import { buffers, type Kind } from '../kind.ts';

/** A YAML file of a host that is read and edited there. */
export const yamlEdits: Kind = {
  corpus: buffers(
    'a:\n  b: 1 # one\n  c: [x, y]\nd: &d\n  - e: "f"\n  - g\nh: *d\n',
    '# top\nservices:\n  web: {image: "x:1", ports: ["80"]}\n',
    '{"a": {"b": [1, 2, {"c": null}]}}\n',
  ),
  share: 4,
  async check(input) {
    const text = input.toString();
    return [
      ...refusing(() => readYaml(text, ['a', 'c'])),
      ...refusing(() => editYaml(text, [{ at: ['a', 'b'], set: 'new: "value"' }])),
      ...refusing(() => editYaml(text, [{ at: ['__proto__', 'x'], set: 1 }])),
      // A block has no place of its own: who gives one has told of it.
      ...refusing(() => renameKey(text, 'z')).filter((fault) => !fault.startsWith('no line')),
    ];
  },
};

/** An XML file of a host that values are read from. */
export const xmlFiles: Kind = {
  corpus: buffers(
    '<?xml version="1.0" encoding="UTF-8"?>\n<server port="8005">\n  <!-- one -->\n  <service name="a&amp;b"><connector port="8080"/></service>\n  <note><![CDATA[ <raw> ]]></note>\n</server>\n',
    '<!DOCTYPE a [<!ENTITY x "y">]>\n<a b="c">&#65;</a>\n',
  ),
  share: 3,
  async check(input) {
    const text = input.toString();
    return [
      ...refusing(() => xmlMatches(text, '/server/service/connector/@port', 'conf.xml')),
      ...refusing(() => xmlMatches(text, '/a', 'conf.xml')),
    ];
  },
};

function refusing(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (codeOf(error) === 'refused' && /\b\d+:\d+: |conf\.xml/.test(messageOf(error))) return [];
    if (codeOf(error) === 'refused') return [`no line: ${messageOf(error).slice(0, 200)}`];
    return [`a crash: ${error instanceof Error ? `${error.stack}`.slice(0, 500) : String(error)}`];
  }
}
