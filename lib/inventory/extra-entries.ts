import { commandLine } from '../input-fault.ts';
import type { Findings } from './findings.ts';
import { sourceText } from './place.ts';
import { type Entries, type Entry, scalarTree } from './tree.ts';
import { valueTree } from './value-tree.ts';

/** Variables of the command line as the entries of a layer; each stands in a line `name=value` of `-e`. */
export function extraEntries(vars: Readonly<Record<string, unknown>>, findings: Findings): Entries {
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(vars)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const source = sourceText(commandLine, `${name}=${text}`);
    const place = { source, offset: name.length + 1 };
    const tree = typeof value === 'object' ? valueTree(value, place, findings) : scalarTree(place, value);
    entries.set(name, { key: { source, offset: 0 }, tree });
  }
  return entries;
}
