import { messageOf } from '../errors.ts';
import type { Keys } from '../secrets/keys.ts';
import { type Draft, groupOf } from './draft.ts';
import type { Source } from './find-sources.ts';
import type { Findings } from './findings.ts';
import { type SourceText, sourceText } from './place.ts';
import { readHost } from './read-host.ts';
import { readLayout } from './read-layout.ts';
import { readOpened } from './read-opened.ts';
import { readTree } from './read-tree.ts';
import { valueTree } from './value-tree.ts';

/** Loads a module and returns its namespace. */
export type ImportModule = (path: string) => Promise<unknown>;

/**
 * Reads one source of the inventory into the draft.
 * @param keys what opens an encrypted one
 */
export async function readSource(
  source: Source,
  draft: Draft,
  importModule: ImportModule,
  keys: Keys | undefined,
  findings: Findings,
): Promise<void> {
  if (source.kind === 'list') return readList(source, draft, findings);
  if (source.kind === 'module') return readModule(source, draft, importModule, findings);
  const opened = await readOpened(source.path, source.shown, keys, findings);
  if (opened === 'sealed') {
    findings.fault(
      `the inventory ${source.shown} is encrypted, and only dabook run opens it`,
      undefined,
      'encrypt a file of group_vars rather than the hosts: they are named wherever something is told of them',
    );
    return;
  }
  if (opened === undefined || isForeign(opened, source.shown, findings)) return;
  const faultsBefore = findings.faults.length;
  const tree = readTree(opened, findings);
  if (tree !== undefined) readLayout(tree, draft, findings);
  else if (findings.faults.length === faultsBefore) {
    findings.fault(
      `the inventory ${source.shown} is empty`,
      { source: opened, offset: 0 },
      'start it with\nall:\n  hosts:\n    web1:',
    );
  }
}

/** Whether it is another of Ansible's formats, of which the YAML parser would say nothing helpful. */
function isForeign(source: SourceText, shown: string, findings: Findings): boolean {
  const { text } = source;
  const place = { source, offset: 0 };
  if (text.startsWith('#!')) {
    findings.fault(
      'an inventory script is not run',
      place,
      'write an inventory module instead: hosts.ts, whose default export is an object or a function that returns one',
    );
    return true;
  }
  const firstLine = /^(?!\s*([#;]|$)).*$/m.exec(text);
  if (
    firstLine === null ||
    !/^\[[\w.-]+(:(vars|children))?\]\s*$/.test(firstLine[0]) ||
    /\.json$/.test(shown)
  )
    return false;
  findings.fault(
    "this is an inventory in Ansible's INI format, which is not read",
    { ...place, offset: firstLine.index },
    `convert it to YAML: ansible-inventory -i ${shown} --list --yaml --output hosts.yml`,
  );
  return true;
}

function readList({ path, shown }: Source, draft: Draft, findings: Findings): void {
  const source = sourceText(shown, path);
  for (const item of path.matchAll(/[^,]+/g)) {
    const name = item[0].trim();
    if (name !== '')
      readHost(groupOf(draft, 'ungrouped'), name, { source, offset: item.index }, new Map(), draft, findings);
  }
}

async function readModule(
  { path, shown }: Source,
  draft: Draft,
  importModule: ImportModule,
  findings: Findings,
): Promise<void> {
  // code is never encrypted, and read here for its lines alone
  const source = await readOpened(path, shown, undefined, findings);
  if (typeof source !== 'object') return;
  // what a module computes has no line of its own: its export is what all of it comes from
  const place = { source, offset: Math.max(source.text.search(/^export default\b/m), 0) };
  try {
    const loaded = await importModule(path);
    if (typeof loaded !== 'object' || loaded === null || !('default' in loaded)) {
      findings.fault(
        'an inventory module needs a default export',
        place,
        'export default { all: { hosts: { … } } }',
      );
      return;
    }
    const value: unknown = typeof loaded.default === 'function' ? await loaded.default() : loaded.default;
    readLayout(valueTree(value, place, findings), draft, findings);
  } catch (error) {
    findings.fault(`the inventory module failed: ${messageOf(error)}`, place);
  }
}
