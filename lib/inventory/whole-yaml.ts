import { isMap, isScalar, type ParsedNode, parseDocument, type YAMLError } from 'yaml';
import { withoutTraces } from '../without-traces.ts';
import { deepestYaml, tooDeepAt } from '../yaml-nesting.ts';
import type { Findings } from './findings.ts';
import { mayQuote, type SourceText } from './place.ts';
import type { Tree } from './tree.ts';
import { createTreeBuilder, type TreeBuilder } from './tree-builder.ts';
import { yamlTree } from './yaml-tree.ts';

/** The library compares each key with all before it: the tree builder does it in linear time. */
const OPTIONS = { prettyErrors: false, uniqueKeys: false } as const;

/** Of the syntax of one file. */
const MOST_FAULTS = 50;
const mostLevels = `at most ${deepestYaml} lists and mappings may stand within each other`;

const HINTS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'keys of one mapping start in the same column',
  MISSING_CHAR: 'a quote, bracket, colon or comma is missing here or in the line before',
  BLOCK_AS_IMPLICIT_KEY: 'put quotes round a value that holds ": ", and look at the indentation',
  MULTIPLE_DOCS: 'keep one document in a file, without "---" in the middle',
  UNEXPECTED_TOKEN:
    'look at the indentation, and put quotes round a value that starts with a special character',
};

/**
 * Reads any YAML with the library.
 * @returns nothing for an empty text, and for one with syntax errors, which `findings` then has
 */
export function wholeYaml(source: SourceText, findings: Findings): Tree | undefined {
  const deep = tooDeepAt(source.text);
  if (deep !== undefined) {
    findings.fault(`${source.file} is nested too deeply to be read`, { source, offset: deep }, mostLevels);
    return undefined;
  }
  try {
    const { errors, contents } = withoutTraces(() => parseDocument(source.text, OPTIONS));
    syntaxFaults(errors, source, findings);
    if (errors.length > 0 || contents === null || isEmpty(contents)) return undefined;
    const build = createTreeBuilder(source, findings);
    return build.finish(yamlTree(contents, build, findings));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.fault(`${source.file} is nested too deeply to be read`, { source, offset: 0 }, mostLevels);
    return undefined;
  }
}

/**
 * Reads a mapping of one key with the library, as a part of a document.
 * @param shift where the text begins in the document
 * @param build makes the trees of the document
 * @returns the value of the key; nothing where there is anything wrong, which is not told
 */
export function wholeEntry(
  text: string,
  shift: number,
  build: TreeBuilder,
  findings: Findings,
): Tree | undefined {
  if (tooDeepAt(text) !== undefined) return undefined;
  try {
    const { errors, contents } = withoutTraces(() => parseDocument(text, OPTIONS));
    if (errors.length > 0 || !isMap(contents) || contents.items.length !== 1) return undefined;
    const value = contents.items[0]?.value;
    const shifted = { ...build, place: (offset: number) => build.place(offset + shift) };
    return value ? yamlTree(value as ParsedNode, shifted, findings) : undefined;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && !node.source;
}

/** One mistake often makes the parser stumble several times in its line: the first says it. */
function syntaxFaults(errors: readonly YAMLError[], source: SourceText, findings: Findings): void {
  const told = new Set<number>();
  // The first ones are mistakes, and the others what came of them.
  for (const { code, message, pos } of errors) {
    const { line } = source.lines.linePos(pos[0]);
    if (told.has(line)) continue;
    if (told.size === MOST_FAULTS) return;
    told.add(line);
    const place = { source, offset: pos[0] };
    // the library quotes what it stumbles over
    const why = mayQuote(place) ? message : code.toLowerCase().replaceAll('_', ' ');
    findings.fault(`not valid YAML: ${why}`, place, HINTS[code]);
  }
}
