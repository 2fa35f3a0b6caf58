import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { FileState, KeyFolder, OwnedTree, TextFile } from '../../lib/tasks/files/index.ts';
import { withText } from '../../lib/tasks/files/text-file.ts';
import { given, maybe, oddName } from './words.ts';

export const mode = fc.constantFrom('0644', '0600', '0640', '0755', '4755', '2750', '0000');
export const owner = fc.constantFrom('root', 'nexus', '1003', 'größe');
const type = fc.constantFrom(
  'file' as const,
  'file' as const,
  'directory' as const,
  'symlink' as const,
  'other' as const,
);
const parent = fc.record({ exists: fc.boolean(), mode }).map((it) => (it.exists ? it : { exists: false }));

/** Texts of files: empty, without an end, with bytes that are shown nowhere. */
export const fileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a\n', 'a: 1\n', 'no end', '\u0000', '\uFEFFmark\r\n', 'é💥\n'),
  fc.string({ maxLength: 12 }),
);

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What is at a path, a file with one of these texts where it is one. */
export function fileStateOf(texts: fc.Arbitrary<string>): fc.Arbitrary<FileState> {
  const missing = parent.map((parent): FileState => ({ type: 'missing', parent }));
  const there = fc
    .record({ type, mode, owner, group: owner, text: texts, isShown: fc.boolean() })
    .map(({ text, isShown, ...it }): FileState => {
      const content =
        it.type === 'file' ? { sha256: digestOf(text), ...(isShown ? { content: text } : {}) } : {};
      return { ...it, ...content, parent: { exists: true, mode: '0755' } };
    });
  return fc.oneof(missing, { weight: 4, arbitrary: there });
}

/** A file with its text: secret where not everybody may read it. */
export function textFileOf(path: string, texts: fc.Arbitrary<string>): fc.Arbitrary<TextFile> {
  return fc.tuple(fileStateOf(texts), texts).map(([{ content: _, sha256: __, ...state }, text]) => {
    if (state.type !== 'file') return state;
    return withText(state, path, text);
  });
}

/** Key files in a folder, and the folder: of any kind, and readable by any. */
export function keyFolderOf(dir: string, names: readonly string[], digests: readonly string[]) {
  const key = fc
    .record({ type, mode, owner, group: owner, fingerprint: fc.constantFrom(...digests) })
    .map(({ fingerprint, ...it }) => (it.type === 'file' ? { ...it, fingerprint } : it));
  const folder = fc.record({
    type: fc.constantFrom('directory' as const, 'directory' as const, 'file' as const),
    mode: fc.constantFrom('0700', '0755', '0777', '1777', '0702'),
    owner,
    group: owner,
  });
  return fc
    .record({
      folder: maybe(folder),
      keys: fc.array(maybe(key), { minLength: names.length, maxLength: names.length }),
    })
    .map(
      ({ folder, keys }): KeyFolder =>
        given({
          [dir]: folder,
          ...Object.fromEntries(names.map((name, index) => [name, keys[index]])),
        }) as KeyFolder,
    );
}

/** What belongs to others in a folder. */
export const ownedTreeState: fc.Arbitrary<OwnedTree> = fc
  .record({
    type: fc.oneof(type, fc.constant('missing' as const), fc.constant('directory' as const)),
    others: fc.nat(30),
    paths: fc.array(
      oddName.map((name) => `/srv/x/${name}`),
      { maxLength: 3 },
    ),
    linked: maybe(fc.array(fc.constant('/srv/x/twice'), { maxLength: 2 })),
  })
  .map((it) => given(it.type === 'directory' ? it : { type: it.type, others: 0, paths: [] }) as OwnedTree);
