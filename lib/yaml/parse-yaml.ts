import {
  type Alias,
  type Document,
  isPair,
  isScalar,
  LineCounter,
  type ParsedNode,
  parseDocument,
  Scalar,
  visit,
  type YAMLError,
  YAMLMap,
} from 'yaml';
import { codeOf, type DabookError, messageOf } from '../errors.ts';
import { refuse } from '../refuse.ts';
import { withoutTraces } from '../without-traces.ts';
import { deepestYaml, hasManyAliases, mostYamlAliases, tooDeepAt } from '../yaml-nesting.ts';

/** A YAML text of one document, and what it says. */
export interface Yaml {
  readonly text: string;
  readonly contents: ParsedNode | null;
  /** As plain data, aliases and merges (`<<`) resolved; a symbol where an alias has no anchor. */
  readonly value: unknown;
  /** Aliases without an anchor before them, as in a part of a longer text. */
  readonly unresolved: readonly Alias.Parsed[];
  /** The error of something that must not be done, with the line and column of an offset before it. */
  refuse(offset: number, why: string, hint?: string): DabookError;
}

const HINTS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'keys of one mapping start in the same column',
  BLOCK_AS_IMPLICIT_KEY: 'put quotes round a value that holds ": "',
  MULTIPLE_DOCS: 'only a text of one document can be edited: split it',
};

/** How often an anchor may be used, as the library counts: far above real files, far below what blows up. */
const mostAliases = 10_000;

/**
 * Reads YAML 1.2 with `<<` merges, and where everything stands.
 * @throws DabookError `refused`, with line and column, for what is no YAML, several documents, and a key that
 * stands twice
 */
export function parseYaml(text: string): Yaml {
  const lines = new LineCounter();
  const refuseAt = (offset: number, why: string, hint?: string) => {
    const { line, col } = lines.linePos(offset);
    // A byte order mark is no column of the first line.
    const column = line === 1 && text.startsWith('\uFEFF') ? col - 1 : col;
    return refuse(`${Math.max(line, 1)}:${Math.max(column, 1)}: ${why}`, hint);
  };
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const line = text.slice(0, deep).split('\n').length;
    const hint = `at most ${deepestYaml} lists and mappings may stand within each other`;
    throw refuse(`${line}:1: it is nested too deeply to be read`, hint);
  }
  if (hasManyAliases(text))
    throw refuse(`1:1: it has more than ${mostYamlAliases} aliases`, 'write the values themselves');
  try {
    const document = withoutTraces(() =>
      parseDocument(text, {
        lineCounter: lines,
        keepSourceTokens: true,
        merge: true,
        prettyErrors: false,
        // The library compares each key with all before it; below it takes linear time.
        uniqueKeys: false,
        logLevel: 'error',
      }),
    );
    const [fault] = document.errors;
    if (fault !== undefined) throw refuseAt(fault.pos[0], faultText(fault), HINTS[fault.code]);
    refuseDuplicates(document, refuseAt);
    const unresolved = unresolvedIn(document);
    const { contents } = document;
    return { text, contents, value: dataOf(document, unresolved), unresolved, refuse: refuseAt };
  } catch (error) {
    if (codeOf(error) === 'refused') throw error;
    throw refuseAt(0, `no YAML that can be read: ${messageOf(error)}`);
  }
}

function faultText({ code, message }: YAMLError): string {
  return code === 'MULTIPLE_DOCS' ? 'another document begins here' : `no valid YAML: ${message}`;
}

function refuseDuplicates(document: Document.Parsed, refuseAt: Yaml['refuse']): void {
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key) || isMergeKey(key)) continue;
        const name = keyName(key);
        if (seen.has(name)) {
          const why = `the key ${JSON.stringify(name)} stands here a second time in one mapping`;
          throw refuseAt(key.range?.[0] ?? 0, why, 'remove one of them');
        }
        seen.add(name);
      }
    },
  });
}

/** A key as plain data has it. */
export function keyName({ value }: Scalar): string {
  if (value === null) return '';
  // The library's way to tell the key of a merge from the text `<<`.
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

function unresolvedIn(document: Document.Parsed): readonly Alias.Parsed[] {
  const found: Alias.Parsed[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined) found.push(alias as Alias.Parsed);
    },
  });
  return found;
}

function dataOf(document: Document.Parsed, unresolved: readonly Alias.Parsed[]): unknown {
  if (unresolved.length === 0) return document.toJS({ maxAliasCount: mostAliases });
  const copy = document.clone();
  visit(copy, {
    Alias: (_, alias, path) => {
      if (alias.resolve(copy) !== undefined) return;
      const merges = path.slice(-2).some((node) => isPair(node) && isMergeKey(node.key));
      return merges ? new YAMLMap() : new Scalar(Symbol.for(`*${alias.source}`));
    },
  });
  return copy.toJS({ maxAliasCount: mostAliases });
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (key.type ?? 'PLAIN') === 'PLAIN' && keyName(key) === '<<';
}
