import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { reveal, Secret } from '../../secret.ts';
import { put } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { editXml } from '../../xml/edit-xml.ts';
import { readLocator } from '../../xml/locator.ts';
import { oneMatch } from '../../xml/one-match.ts';
import { parseXml } from '../../xml/parse-xml.ts';
import { absolutePath } from './absolute-path.ts';
import { fileState } from './file-state.ts';
import { foreseePaths } from './foreseen-paths.ts';
import { plainText, type TextFile, textFile, withText } from './text-file.ts';
import { textToEdit } from './text-to-edit.ts';
import { unknownFile } from './unknown-file.ts';

export interface XmlFileArgs {
  /** Path of a file that is there. */
  readonly path: string;
  readonly set: readonly XmlFileEdit[];
}

/** A value of an XML file. */
export interface XmlFileEdit {
  /**
   * Leads to exactly one attribute, or to one element for its text, by a part of XPath: steps `name`, `*`, `.`
   * after `/` or `//`, with `[path]` and `[path = "text"]`; the last step may be `@attribute`.
   */
  readonly at: string;
  /** A secret is shown nowhere, nor is the value that it takes the place of. */
  readonly value: Later<string | number | Secret>;
  /** What the value is called in the state and in a diff; the locator by default. */
  readonly name?: string;
}

/** The file that the values are from. No diff and no event has it, since those take what has a name. */
const source = Symbol('source');

/** The values of an XML file that are looked after, by their names. */
export type XmlFile = Readonly<Record<string, Later<string | Secret>>> & { readonly [source]: TextFile };

/**
 * An XML file has these values. All else stays in it, byte for byte, and so do its mode and its owner. What is
 * shown of the file is these values alone.
 * @throws DabookError `playbook` for a locator that is not understood; `refused` for a missing file, one that is
 * no well-formed XML in UTF-8, and a locator that does not lead to exactly one place
 * @example
 * xmlFile({
 *   path: '/opt/nexus/config/policy-service/LocalConfiguration.xml',
 *   set: [
 *     { name: 'core id', at: 'configuration/core/id', value: 6 },
 *     { name: 'mHost', at: '//object[@name="Policy Service 1"]/attribute[@name="mHost"]/@value', value: 'policy1' },
 *   ],
 * })
 */
export function xmlFile({ path, set }: XmlFileArgs): Task<Later<XmlFile>> {
  const edits = set.map(toEdit);
  const names = edits.map(({ name }) => name);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) {
    throw new DabookError('playbook', `xmlFile: two values of ${path} are called ${double}`, {
      hint: 'give each a name of its own',
    });
  }
  return edit({ path: absolutePath(path), edits });
}

interface Edit {
  readonly name: string;
  readonly at: string;
  readonly value: Later<string>;
  readonly isSecret: boolean;
}

interface Editing {
  readonly path: string;
  readonly edits: readonly Edit[];
}

const edit = task('xmlFile', {
  rights: 'play',
  title: ({ path }: Editing) => `edit ${path}`,
  fact: valuesOf,
  want: (now, { path, edits }): Later<XmlFile> => {
    if (!isKnown(now)) return now;
    const known = edits.flatMap(({ at, value }) => (isKnown(value) ? [{ at, value }] : []));
    const text = editXml(textToEdit(now[source], path), known, path);
    const values = edits.map((edit) => [edit.name, shown(edit, edit.value)]);
    return { ...now, ...Object.fromEntries(values), [source]: withText(now[source], path, text) };
  },
  steps: (_now, want, { path }) => {
    if (!isKnown(want)) return [];
    const { mode = '', owner, group } = want[source];
    // A text that lacks a value must never be sent: the engine refuses to send an unknown.
    const missing = Object.values(want).find((value) => !isKnown(value)) as string | undefined;
    const text = missing ?? plainText(want[source]) ?? '';
    return [put(path, { content: { from: 'text', text }, mode, owner, group })];
  },
  foresees: (_now, want, args) => {
    if (!isKnown(want)) return [];
    const { text: _text, ...state } = want[source];
    return [
      foreseePaths([args.path]),
      { fact: textFile(args.path), state: want[source] },
      { fact: fileState(args.path), state },
      // Other tasks look after other values of the file: they take them from its foreseen text.
      { fact: valuesOf(args) },
    ];
  },
  obscures: ({ path }) => unknownFile(path),
});

function valuesOf({ path, edits }: Editing): Fact<Later<XmlFile>> {
  return fact<Later<XmlFile>>({
    key: ['xml file', path],
    read: async (ask) => {
      const file = await ask.fact(textFile(path));
      if (!isKnown(file)) return file;
      const xml = parseXml(textToEdit(file, path), path);
      const values = edits.map((edit) => [edit.name, shown(edit, oneMatch(xml, readLocator(edit.at)).value)]);
      return { ...Object.fromEntries(values), [source]: file };
    },
  });
}

function toEdit({ at, value, name = at }: XmlFileEdit): Edit {
  readLocator(at);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new DabookError('playbook', `xmlFile: the value of ${name} is ${value}`, { hint: 'give a number' });
  }
  if (value instanceof Secret) return { name, at, value: reveal(value), isSecret: true };
  return { name, at, value: isKnown(value) ? String(value) : value, isSecret: false };
}

function shown({ name, isSecret }: Edit, value: Later<string>): Later<string | Secret> {
  return isSecret && isKnown(value) ? new Secret(name, value) : value;
}
