import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { globMatches } from '../glob.ts';

/** A key that a known_hosts file names for a host. */
export interface KnownKey {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string;
  /** The key itself, in base64, without its padding. */
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

/** What known_hosts files say. A host is `web1`, or `[web1]:2222` for another port than 22. */
export interface KnownHosts {
  /** The lines that name this key for a host: cheap, however many hashed names the files have. */
  linesOf(name: string, key: Buffer): readonly KnownKey[];
  /** The keys of a host, but for those under a hashed name. */
  plainKeysOf(name: string): readonly KnownKey[];
  /** All keys of a host. Costs a hash for each hashed name of the files, some 2 µs. */
  keysOf(name: string): readonly KnownKey[];
}

/** A line whose names are no plain ones. */
interface Line extends KnownKey {
  isOf(name: string): boolean;
}

/**
 * Reads known_hosts files; one that is not there is empty. Hashed names, wildcards, negation and markers are
 * understood. Lines that are not are left out, as OpenSSH does.
 */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const plain = new Map<string, KnownKey[]>();
  const globs: Line[] = [];
  const hashed: Line[] = [];
  const byKey = new Map<string, Line[]>();
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  for (const [index, text] of texts.entries()) {
    for (const { names, ...line } of linesIn(text, files[index] ?? '')) {
      const isHashed = names.startsWith('|');
      if (!isHashed && !/[*?!]/.test(names)) {
        for (const name of names.toLowerCase().split(',')) push(plain, name, line);
        continue;
      }
      const other = { ...line, isOf: isHashed ? isHashOf(names) : matcherOf(names) };
      (isHashed ? hashed : globs).push(other);
      if (isHashed) push(byKey, line.key, other);
    }
  }

  const plainKeysOf = (name: string): readonly KnownKey[] => [
    ...(plain.get(name.toLowerCase()) ?? []),
    ...globs.filter((line) => line.isOf(name.toLowerCase())),
  ];
  const hashedAs = (name: string, lines: readonly Line[]) =>
    lines.filter((line) => line.isOf(name.toLowerCase()));
  return {
    plainKeysOf,
    keysOf: (name) => [...plainKeysOf(name), ...hashedAs(name, hashed)],
    linesOf(name, blob) {
      const key = unpadded(blob.toString('base64'));
      return [
        ...plainKeysOf(name).filter((line) => line.key === key),
        ...hashedAs(name, byKey.get(key) ?? []),
      ];
    },
  };
}

function push<Item>(lists: Map<string, Item[]>, name: string, line: Item): void {
  const list = lists.get(name);
  if (list) list.push(line);
  else lists.set(name, [line]);
}

function* linesIn(text: string, file: string): Generator<KnownKey & { readonly names: string }> {
  for (const [index, one] of text.split('\n').entries()) {
    const parts = partsOf(one);
    if (parts) yield { ...parts, file, line: index + 1 };
  }
}

/** What a line says; undefined for one that says nothing. */
export function partsOf(
  line: string,
): (Pick<KnownKey, 'marker' | 'type' | 'key'> & { readonly names: string }) | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift()?.slice(1) : 'none';
  const [names, type, key] = words;
  if (names === undefined || names.startsWith('#') || type === undefined || key === undefined)
    return undefined;
  if (marker !== 'none' && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  return { marker, names, type, key: unpadded(key) };
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}

/** What tells whether the names of a line, plain, hashed or patterns, are those of a host. */
export function nameMatcher(names: string): (wanted: string) => boolean {
  const isOne = names.startsWith('|') ? isHashOf(names) : matcherOf(names);
  return (wanted) => isOne(wanted.toLowerCase());
}

function matcherOf(names: string): (wanted: string) => boolean {
  const patterns = names.toLowerCase().split(',');
  const not = patterns.filter((one) => one.startsWith('!')).map((one) => one.slice(1));
  const some = patterns.filter((one) => !one.startsWith('!'));
  const isIn = (list: readonly string[], wanted: string) => list.some((glob) => globMatches(glob, wanted));
  return (wanted) => isIn(some, wanted) && !isIn(not, wanted);
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt. */
function isHashOf(hashed: string): (wanted: string) => boolean {
  const [, version, salt = '', hash = ''] = hashed.split('|');
  return (wanted) =>
    version === '1' &&
    createHmac('sha1', Buffer.from(salt, 'base64')).update(wanted).digest('base64') === hash;
}
