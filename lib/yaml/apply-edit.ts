import { isDeepStrictEqual } from 'node:util';
import { type Collection, collectionOf } from './collection.ts';
import type { YamlEdit } from './edit-yaml.ts';
import { findPlace, type Place } from './find-place.ts';
import { type Addition, fillText, insert } from './insert.ts';
import { layoutOf } from './layout.ts';
import { type Splice, splice } from './lines.ts';
import { parseYaml, type Yaml } from './parse-yaml.ts';
import { type Path, type Plain, showPath, valueAt } from './path.ts';
import { plainValue } from './plain-value.ts';
import { readEntry } from './read-entry.ts';
import { cuts } from './remove.ts';
import { blockEntry, flowEntry } from './render.ts';
import { replacements } from './replace.ts';
import { verified } from './verified.ts';

/** Makes one edit, and verifies by reading the outcome that it did this and nothing else. */
export function applyEdit(text: string, edit: YamlEdit): string {
  const yaml = parseYaml(text);
  if ('remove' in edit) return remove(yaml, edit.at);
  if ('block' in edit) return addBlock(yaml, edit.at, edit.block);
  return set(yaml, edit.at, plainValue(edit.set, edit.at));
}

function set(yaml: Yaml, at: Path, value: Plain): string {
  const place = findPlace(yaml, at);
  const now = valueAt(yaml.value, at);
  if (isDeepStrictEqual(now, value)) return yaml.text;
  const attempt = { before: yaml, at, offset: offsetOf(place), meant: () => value };
  if (place.kind !== 'entry') {
    refuseGap(yaml, at, place);
    const key = place.rest.at(-1) ?? '';
    const added = insert(yaml, place, {
      lines: (style) => blockEntry(key, value, style),
      inline: (style) => flowEntry(key, value, style),
    });
    return verified(attempt, [added]);
  }
  const collection = collectionOf(place.entry.node);
  if (collection !== undefined && collection.entries.length > 0) {
    const edits = within(now, value, at);
    if (edits) return edits.reduce((text, edit) => applyEdit(text, edit), yaml.text);
  }
  return verified(attempt, replacements(yaml, place.entry, place.holder, value));
}

/** The edits within a collection that make it another one of its kind: what is the same in both stays as it is. */
function within(now: unknown, value: Plain, at: Path): readonly YamlEdit[] | undefined {
  if (typeof now !== 'object' || now === null || typeof value !== 'object' || value === null)
    return undefined;
  if (Array.isArray(now) !== Array.isArray(value)) return undefined;
  const items = Object.entries(value) as [string, Plain][];
  const path = (key: string) => [...at, Array.isArray(now) ? Number(key) : key];
  const gone = Object.keys(now).filter((key) => !Object.hasOwn(value, key));
  const removals = gone.reverse().map((key): YamlEdit => ({ at: path(key), remove: true }));
  return [...items.map(([key, item]): YamlEdit => ({ at: path(key), set: item })), ...removals];
}

/** A list has no item without those before it. */
function refuseGap(yaml: Yaml, at: Path, place: Exclude<Place, { kind: 'entry' }>): void {
  const counts = place.rest.map((_, i) =>
    i === 0 && place.kind === 'missing' ? place.holder.entries.length : 0,
  );
  const gap = place.rest.findIndex((step, i) => typeof step === 'number' && step !== counts[i]);
  if (gap === -1) return;
  const list = at.slice(0, at.length - place.rest.length + gap);
  throw yaml.refuse(
    offsetOf(place),
    `${showPath(list) || 'the text'} has ${counts[gap]} items: ${place.rest[gap]} is not the next one`,
    'an item is appended by the number of items that there are',
  );
}

function addBlock(yaml: Yaml, at: Path, block: string): string {
  const place = findPlace(yaml, at);
  if (place.kind === 'entry') return yaml.text;
  refuseGap(yaml, at, place);
  const key = place.rest.at(-1) ?? '';
  const entry = readEntry(block);
  if (typeof key !== 'string' || entry.key !== key) {
    const has = JSON.stringify(entry.key);
    throw yaml.refuse(
      offsetOf(place),
      `the block for ${showPath(at)} has the key ${has}`,
      'give it the right one by renameKey',
    );
  }
  const addition: Addition = {
    lines: () => entry.lines,
    inline: (style) => flowEntry(key, plainValue(entry.value, at), style),
  };
  const meant = (after: unknown) => valueAt(after, at);
  return verified({ before: yaml, at, offset: offsetOf(place), meant }, [insert(yaml, place, addition)]);
}

function remove(yaml: Yaml, at: Path): string {
  const place = findPlace(yaml, at);
  if (place.kind !== 'entry') {
    if (valueAt(yaml.value, at) === undefined) return yaml.text;
    const hint = 'remove it where it comes from, or write out here what shall stay';
    throw yaml.refuse(
      offsetOf(place),
      `${showPath(at)} comes from a merge (<<): it cannot be removed here`,
      hint,
    );
  }
  const { entry, holder } = place;
  const changes = cuts(yaml, entry, holder);
  const isLast = holder.entries.length === 1 && !holder.flow;
  const texts = [changes, withBlanksBelow(yaml.text, changes)].map((ways) =>
    isLast ? emptyHolder(yaml, at, ways, holder.kind) : splice(yaml.text, ...ways),
  );
  return verified({ before: yaml, at, offset: offsetOf(place), meant: () => undefined }, texts);
}

/** Blank lines below would become part of a text above that keeps its own (`|+`). */
function withBlanksBelow(text: string, changes: readonly Splice[]): readonly Splice[] {
  return changes.map((change) => {
    const blanks = /^(?:[ \t]*\r?\n)*/.exec(text.slice(change.end))?.[0].length ?? 0;
    return { ...change, end: change.end + blanks };
  });
}

/** Where the last entry went, `{}` or `[]` stays: nothing at all would be another value. */
function emptyHolder(yaml: Yaml, at: Path, changes: readonly Splice[], kind: Collection['kind']): string {
  const empty = kind === 'mapping' ? '{}' : '[]';
  const place = at.length === 1 ? undefined : findPlace(yaml, at.slice(0, -1));
  if (place?.kind !== 'entry')
    return fillText(splice(yaml.text, ...changes), null, `${empty}\n`, layoutOf(yaml));
  const { head } = place.entry;
  return splice(yaml.text, ...changes, { start: head, end: head, text: ` ${empty}` });
}

/** Where a message about a place points. */
function offsetOf(place: Place): number {
  if (place.kind === 'entry') return place.entry.start;
  return place.kind === 'missing' ? (place.holder.entries[0]?.start ?? 0) : (place.in?.entry.start ?? 0);
}
