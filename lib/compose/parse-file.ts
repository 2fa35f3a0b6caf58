import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type ScalarTag,
  visit,
  type YAMLMap,
} from 'yaml';
import { isRecord } from '../equal.ts';
import { withoutTraces } from '../without-traces.ts';
import { deepestYaml, hasManyAliases, mostYamlAliases, tooDeepAt } from '../yaml-nesting.ts';
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

/** How often an anchor may be used, as the library counts: far above real files, far below what blows up. */
const mostAliases = 10_000;

/** Characters of a compose file: a megabyte of mistakes alone would take the library half a minute. */
const mostText = 512 * 1024;

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
  const spotOf = (offset = 0): Spot => {
    const { line, col } = lines.linePos(offset);
    // A file without any line end has no line yet.
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (text.length > mostText) {
    const hint = 'is it a compose file? Put what is large in files of its own';
    return { faults: [wrong(`the file has more than ${mostText / 1024} KiB`, hint, spotOf())] };
  }
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at >= 0 && at < deep; at = text.indexOf('\n', at + 1))
      lines.addNewLine(at + 1);
    const hint = `at most ${deepestYaml} lists and mappings may stand within each other`;
    return { faults: [wrong('the file is nested too deeply to be read', hint, spotOf(deep))] };
  }
  if (hasManyAliases(text)) {
    const hint = 'write the values themselves';
    return { faults: [wrong(`the file has more than ${mostYamlAliases} aliases`, hint, spotOf())] };
  }
  const [document, second] = withoutTraces(() =>
    parseAllDocuments(text, {
      lineCounter: lines,
      merge: true,
      prettyErrors: false,
      // The library compares each key with all before it; below it takes linear time.
      uniqueKeys: false,
      customTags: (tags) => [octal, words, ...tags],
    }),
  );
  const shape = "begin it with 'services:'";
  if (document === undefined) return { faults: [wrong('the file is empty', shape, spotOf())] };
  if (second !== undefined) {
    const hint = 'give each document a file of its own';
    return { faults: [wrong('a compose file holds one document', hint, spotOf(second.range[0]))] };
  }
  const correct = 'correct the compose file; nothing was changed';
  const syntax = document.errors
    .slice(0, 50)
    .map(({ message, pos: [offset] }) => wrong(message, correct, spotOf(offset)));
  if (syntax.length > 0) return { faults: syntax };
  const faults = keysGivenTwice(document).map(({ key, offset }) =>
    wrong(`the key ${key} stands here twice`, correct, spotOf(offset)),
  );
  const data = dataOf(document);
  if (data instanceof Error) {
    // An alias without its anchor is found here, as are those that unfold without end, and a merge of what is no mapping.
    return {
      faults: [...faults, wrong(data.message, 'look at its aliases (*name) and anchors (&name)', spotOf())],
    };
  }
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

/** The keys that stand in their mapping already. */
function keysGivenTwice(
  document: Document.Parsed,
): readonly { readonly key: string; readonly offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = keyName(key.value);
        // A merge may stand several times, as docker has it.
        if (name !== '<<' && seen.has(name)) found.push({ key: name, offset: key.range?.[0] ?? 0 });
        seen.add(name);
      }
    },
  });
  return found;
}

function keyName(value: unknown): string {
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

function dataOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    return error;
  }
}

/** By their keys, for each mapping once: there may be thousands of places to be told. */
const pairsKnown = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsKnown.get(map);
  if (known !== undefined) return known;
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? keyName(pair.key.value) : undefined;
    if (name !== undefined && !pairs.has(name)) pairs.set(name, pair);
  }
  pairsKnown.set(map, pairs);
  return pairs;
}

/** Follows a path as far as it goes: to its key where it is a mapping's, to its item where it is a list's. */
function walk(top: Node | null, path: Path): { readonly depth: number; readonly offset: number | undefined } {
  let node: unknown = top;
  let offset: number | undefined;
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(step));
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
