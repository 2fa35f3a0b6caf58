import {
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
} from 'yaml';
import { isRecord } from '../equal.ts';
import { refuse } from '../refuse.ts';
import type { ComposeSource } from './compose-source.ts';

export type Path = readonly (string | number)[];

/** A compose file as data, with the places that its data came from. */
export interface ParsedFile {
  readonly file: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where a value stands, such as `network.yml:12`; the nearest place above it when it is not there. */
  readonly at: (path: Path) => string;
  /** Whether the file has that path. */
  readonly has: (path: Path) => boolean;
}

/** Octal numbers as docker's YAML reads them: file modes are written so. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  identify: () => false,
  test: /^0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};

/** Switches as docker's YAML reads them in the commands that need this reader: `yes` is no text there. */
const words: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  identify: () => false,
  test: /^(?:[yn]|yes|no|on|off|Y|N|Yes|No|On|Off|YES|NO|ON|OFF)$/,
  resolve: (text) => /^(?:y|yes|on)$/i.test(text),
};

/**
 * Reads the YAML of a compose file.
 * @throws DabookError `refused`, with file and line, for a file that is missing or is no YAML mapping, and
 *   for a key that stands twice
 */
export function parseFile({ file, text }: ComposeSource): ParsedFile {
  if (text === undefined)
    throw refuse(`the compose file ${file} cannot be read`, 'is it there, and in that folder?');
  const lines = new LineCounter();
  const [document, second] = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    customTags: (tags) => [octal, words, ...tags],
  });
  const place = (offset: number | undefined) =>
    offset === undefined ? file : `${file}:${lines.linePos(offset).line}`;
  if (document === undefined) throw refuse(`${file}: the file is empty`);
  if (second !== undefined) throw refuse(`${place(second.range[0])}: a compose file holds one document`);
  const [fault] = document.errors;
  if (fault !== undefined) {
    const what =
      fault.code === 'DUPLICATE_KEY'
        ? `the key ${/^[^\s:]*/.exec(text.slice(fault.pos[0]))} stands here twice`
        : fault.message;
    throw refuse(`${place(fault.pos[0])}: ${what}`, 'correct the compose file; nothing was changed');
  }
  const data: unknown = document.toJS();
  if (!isRecord(data)) throw refuse(`${file}: the top of a compose file is a mapping with 'services:' in it`);
  const offsetOf = (path: Path) => walk(document.contents, path);
  return {
    file,
    data,
    at: (path) => place(offsetOf(path).offset),
    has: (path) => offsetOf(path).depth === path.length,
  };
}

/** Follows a path as far as it goes: to its key where it is a mapping's, to its item where it is a list's. */
function walk(top: Node | null, path: Path): { readonly depth: number; readonly offset: number | undefined } {
  let node: unknown = top;
  let offset: number | undefined;
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) return { depth, offset };
      offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && node.items[step] !== undefined) {
      node = node.items[step];
      offset = (node as Node).range?.[0] ?? offset;
    } else {
      return { depth, offset };
    }
  }
  return { depth: path.length, offset };
}
