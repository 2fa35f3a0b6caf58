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
import type { ComposeSource } from './compose-source.ts';
import { type Found, refuseFound, type Spot, showSpot } from './finding.ts';

export type Path = readonly (string | number)[];

/** A compose file as data, with the places that its data came from. */
export interface ParsedFile {
  readonly file: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Where a value stands; the nearest place above it when it is not there, the file's beginning for none. */
  readonly spot: (path: Path) => Spot;
  /** The same in words: `network.yml:12:3`. */
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

/** A compose file as far as it can be read, and what is wrong with it as YAML. */
export interface Reading {
  readonly parsed?: ParsedFile;
  readonly faults: readonly Found[];
}

/**
 * Reads the YAML of a compose file.
 * @throws DabookError `refused`, with the place, for a file that is missing or is no YAML mapping, and for a
 *   key that stands twice
 */
export function parseFile(source: ComposeSource): ParsedFile {
  const { parsed, faults } = readComposeFile(source);
  const [fault] = faults;
  if (fault !== undefined) throw refuseFound(fault);
  return parsed as ParsedFile;
}

/** Reads the YAML of a compose file with all its faults. One that only has a key twice can be read on. */
export function readComposeFile({ file, text }: ComposeSource): Reading {
  const wrong = (message: string, hint: string, spot?: Spot): Found => ({
    severity: 'fault',
    message,
    hint,
    spot,
  });
  if (text === undefined) {
    const hint = 'is it there, and in that folder?';
    return { faults: [wrong(`the compose file ${file} cannot be read`, hint)] };
  }
  const lines = new LineCounter();
  const [document, second] = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    customTags: (tags) => [octal, words, ...tags],
  });
  const spotOf = (offset = 0): Spot => {
    const { line, col } = lines.linePos(offset);
    // A file without any line end has no line yet.
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const shape = "begin it with 'services:'";
  if (document === undefined) return { faults: [wrong('the file is empty', shape, spotOf())] };
  if (second !== undefined) {
    const hint = 'give each document a file of its own';
    return { faults: [wrong('a compose file holds one document', hint, spotOf(second.range[0]))] };
  }
  const faults = document.errors.map(({ code, message, pos: [offset] }) => {
    const what =
      code === 'DUPLICATE_KEY' ? `the key ${/^[^\s:]*/.exec(text.slice(offset))} stands here twice` : message;
    return wrong(what, 'correct the compose file; nothing was changed', spotOf(offset));
  });
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { faults };
  const data: unknown = document.toJS();
  if (!isRecord(data)) {
    const what = "the top of a compose file is a mapping with 'services:' in it";
    return { faults: [...faults, wrong(what, shape, spotOf())] };
  }
  const spot = (path: Path) => spotOf(walk(document.contents, path).offset);
  const parsed = {
    file,
    data,
    spot,
    at: (path: Path) => showSpot(spot(path)),
    has: (path: Path) => walk(document.contents, path).depth === path.length,
  };
  return { parsed, faults };
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
