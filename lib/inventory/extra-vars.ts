import { DabookError, messageOf } from '../errors.ts';
import type { InputFault, Position } from '../input-fault.ts';
import { createFindings, type Findings } from './findings.ts';
import { readKeyValues } from './key-values.ts';
import type { OpenedText } from './open-text.ts';
import { type Place, positionOf, type SourceText, sourceText } from './place.ts';
import { readTree } from './read-tree.ts';
import { type Entry, partAt, scalarTree } from './tree.ts';
import { valueTree } from './value-tree.ts';

export interface ReadExtraVars {
  readonly vars: Readonly<Record<string, unknown>>;
  /** Where a variable's value stands; nothing for one that is not given. */
  readonly origin: (path: readonly PropertyKey[]) => Position | undefined;
  readonly faults: readonly InputFault[];
}

/** Reads a file of variables, and decrypts it; rejects where it cannot. */
export type OpenVars = (path: string) => Promise<OpenedText & { readonly folder: string }>;

/**
 * Reads the `-e` options, of which later ones win: pairs such as `'a=1 b="two words"'`, whose values are strings
 * (or JSON, where they start with a bracket); a mapping in JSON or YAML, `'{"a": 1}'`; a file of one, `@vars.yml`.
 * @param cwd what paths start from in values that are written on the command line
 * @param open reads, and decrypts, a file that is named with `@`
 */
export async function readExtraVars(
  args: readonly string[],
  cwd: string,
  open: OpenVars,
): Promise<ReadExtraVars> {
  const findings = createFindings();
  const vars = new Map<string, Entry>();
  for (const [index, arg] of args.entries()) {
    const shown = args.length === 1 ? '-e' : `-e (${index + 1})`;
    const place = { source: sourceText(shown, arg), offset: 0 };
    if (arg.startsWith('@')) {
      const source = await sourceOf(arg.slice(1), place, open, findings);
      if (source !== undefined) addMapping(vars, source, findings);
    } else if (/^\s*[[{]/.test(arg)) {
      addMapping(vars, sourceText(shown, arg, { folder: cwd }), findings);
    } else {
      addPairs(vars, arg, place, findings);
    }
  }
  return {
    vars: Object.fromEntries(Array.from(vars, ([name, { tree }]) => [name, tree.value])),
    origin: ([name, ...rest]) => {
      const entry = vars.get(String(name));
      return entry && positionOf(partAt(entry.tree, rest).place);
    },
    faults: findings.faults,
  };
}

async function sourceOf(
  path: string,
  place: Place,
  open: OpenVars,
  findings: Findings,
): Promise<SourceText | undefined> {
  try {
    const { text, sealed, folder } = await open(path);
    return sourceText(path, text, { folder, sealed });
  } catch (error) {
    if (error instanceof DabookError && error.code !== 'inventory') throw error;
    const hint = error instanceof DabookError ? error.hint : undefined;
    findings.fault(`the file of variables "${path}" cannot be read: ${messageOf(error)}`, place, hint);
    return undefined;
  }
}

function addMapping(vars: Map<string, Entry>, source: SourceText, findings: Findings): void {
  const tree = readTree(source, findings);
  if (tree?.kind === 'map') for (const [name, entry] of tree.entries) vars.set(name, entry);
  else if (tree !== undefined)
    findings.fault('variables are given as a mapping of names to values', tree.place, '{"name": "value"}');
}

function addPairs(vars: Map<string, Entry>, arg: string, { source }: Place, findings: Findings): void {
  for (const pair of readKeyValues(arg)) {
    const place = { source, offset: pair.offset };
    if ('wrong' in pair) {
      const hint = /^[./]|\.(ya?ml|json)$/.test(arg)
        ? `a file is written with an @: -e @${arg}`
        : 'write -e name=value, or -e \'name="two words"\'';
      findings.fault(pair.wrong, place, hint);
      continue;
    }
    const json = parsedJson(pair.value);
    const tree = json === undefined ? scalarTree(place, pair.value) : valueTree(json, place, findings);
    vars.set(pair.key, { key: place, tree });
  }
}

/** Nothing where it is not JSON: text may well start with a bracket. */
function parsedJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
