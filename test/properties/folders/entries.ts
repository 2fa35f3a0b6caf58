import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { file, isRoot, other } from '../../tasks/prefix/starting-state.ts';

/** Names of files as nobody should give them. */
export const name = fc.constantFrom(
  'plain',
  'größe',
  'a b',
  "o'hara",
  '-n',
  '$(id)',
  '*',
  'new\nline',
  '[x]',
  '"',
  '\\',
);
export const mode = fc.constantFrom('0644', '0600', '0640', '0755', '4755', '2750');
export const owner = fc.constantFrom(undefined, undefined, ...(isRoot ? [other, 1004] : []));
export const text = fc.constantFrom('', 'a\n', 'no end', 'é💥\n', 'a\0b');

/** What may be in the place of a file. */
export const there = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('file' as const), text, mode, isOthers: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'nothing' as const }) },
  fc.constantFrom({ kind: 'folder' as const }, { kind: 'link' as const }, { kind: 'no folder' as const }),
);
export type There = typeof there extends fc.Arbitrary<infer T> ? T : never;

/** Makes it. */
export function put(place: string, path: string, it: There): void {
  if (it.kind !== 'no folder') mkdirSync(dirname(join(place, path)), { recursive: true });
  if (it.kind === 'folder') mkdirSync(join(place, path));
  if (it.kind === 'link') symlinkSync('/nowhere', join(place, path));
  if (it.kind === 'file')
    file(place, path, it.text, Number.parseInt(it.mode, 8), it.isOthers ? [other, other] : undefined);
}

/** Some files and folders below a folder. */
export const entries = fc.uniqueArray(
  fc.record({
    path: fc.oneof(
      name,
      fc.tuple(fc.constantFrom('sub', 'a b', 'deep/er'), name).map((parts) => parts.join('/')),
    ),
    it: there,
  }),
  { selector: ({ path }) => path, maxLength: 4 },
);
type Entries = typeof entries extends fc.Arbitrary<infer T> ? T : never;

/** Makes them, those that have nothing in their way. */
export function furnish(place: string, all: Entries): void {
  for (const { path, it } of all) {
    if (!existsSync(join(place, path)) && isFree(place, path)) put(place, path, it);
  }
}

/** Whether nothing but folders are above a path. */
function isFree(place: string, path: string): boolean {
  const above = dirname(path);
  if (above === '.') return true;
  try {
    mkdirSync(join(place, above), { recursive: true });
    return true;
  } catch {
    return false;
  }
}
