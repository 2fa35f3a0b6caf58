import { isScalar, LineCounter, type ParsedNode, parseDocument, type YAMLError } from 'yaml';
import type { Findings } from './findings.ts';
import type { SourceText } from './place.ts';
import type { Tree } from './tree.ts';
import { yamlTree } from './yaml-tree.ts';

/** Far above any real inventory, far below what a few nested aliases can blow up to. */
const MOST_VALUES = 10_000_000;

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
 * Reads YAML 1.2 (core, with `<<` merges), or JSON, to a tree with places. Each alias is a reference to
 * one tree, so that reading is linear in the size of the file.
 * @param file its name as it is shown
 * @returns nothing for an empty text, and for one with syntax errors, which `findings` then has
 */
export function readTree(file: string, text: string, findings: Findings): Tree | undefined {
  const lines = new LineCounter();
  const source: SourceText = { file, text, lines };
  if (text.startsWith('$ANSIBLE_VAULT;')) {
    lines.addNewLine(0);
    findings.fault(
      'this file is encrypted with ansible-vault, which cannot be read yet',
      { source, offset: 0 },
      'decrypt it with "ansible-vault decrypt", or leave it out and pass its values with -e @file',
    );
    return undefined;
  }
  let tree: Tree | undefined;
  try {
    const { errors, contents } = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // the library compares each key with all before it: yamlTree does it in linear time
      uniqueKeys: false,
    });
    syntaxFaults(errors, source, findings);
    if (errors.length > 0 || contents === null || isEmpty(contents)) return undefined;
    tree = yamlTree(contents, source, findings);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.fault(`${file} is nested too deeply to be read`, { source, offset: 0 });
    return undefined;
  }
  if (tree === undefined || tree.size <= MOST_VALUES) return tree;
  findings.fault(
    `the aliases of this file would unfold to ${tree.size} values`,
    tree.place,
    `at most ${MOST_VALUES} values are read from one file; use fewer aliases (*name) inside of anchors (&name)`,
  );
  return undefined;
}

function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && !node.source;
}

/** One mistake often makes the parser stumble several times in its line: the first says it. */
function syntaxFaults(errors: readonly YAMLError[], source: SourceText, findings: Findings): void {
  const told = new Set<number>();
  for (const { code, message, pos } of errors) {
    const { line } = source.lines.linePos(pos[0]);
    if (told.has(line)) continue;
    told.add(line);
    findings.fault(`not valid YAML: ${message}`, { source, offset: pos[0] }, HINTS[code]);
  }
}
