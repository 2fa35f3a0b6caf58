import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { isKnown } from '../../unknown.ts';
import { readLocator } from '../../xml/locator.ts';
import { xmlMatches } from '../../xml/xml-matches.ts';
import { textFile } from './text-file.ts';
import { textToEdit } from './text-to-edit.ts';

/**
 * Values of an XML file of a host, by names of your own: for each all that its locator leads to, in the order
 * of the file, so none or several may be an answer. In check mode as earlier tasks of the check foresaw the
 * file; a value that only the apply can know is then still the one that is there now.
 * @param locators see `xmlFile`
 * @throws DabookError `playbook` for a locator that is not understood; `refused` for a missing file and for one
 * that is no well-formed XML in UTF-8
 * @example
 * const { id = [] } = await host.read(xmlValues('/opt/nexus/LocalConfiguration.xml', { id: '//core/id' }))
 */
export function xmlValues<Name extends string>(
  path: string,
  locators: Readonly<Record<Name, string>>,
): Fact<Readonly<Record<Name, readonly string[]>>> {
  const named = Object.entries<string>(locators);
  for (const [, at] of named) readLocator(at);
  return fact({
    key: ['xml values', path, ...named.flat()],
    read: async (ask) => {
      const file = await ask.fact(textFile(path));
      if (!isKnown(file)) {
        throw refuse(
          `what is in ${path} can be known only after the apply: an earlier task writes it anew`,
          'run without --check',
        );
      }
      const text = textToEdit(file, path);
      const values = named.map(([name, at]) => [name, xmlMatches(text, at, path).map(({ value }) => value)]);
      return Object.fromEntries(values);
    },
  });
}
