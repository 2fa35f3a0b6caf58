import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A key that a known_hosts file names for a host. */
export interface KnownKey {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string;
  /** The key itself, as it travels. */
  readonly blob: Buffer;
  readonly file: string;
  readonly line: number;
}

/** What known_hosts files say. */
export interface KnownHosts {
  /** The keys of a host. @param name `web1`, or `[web1]:2222` for another port than 22 */
  keysOf(name: string): readonly KnownKey[];
}

interface Line extends KnownKey {
  readonly names: string;
}

/**
 * Reads known_hosts files; one that is not there is empty. Hashed names, wildcards, negation and markers are
 * understood. Lines that are not are left out, as OpenSSH does.
 */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const texts = await Promise.all(
    files.map(async (file) => linesOf(await readFile(file, 'utf8').catch(() => ''), file)),
  );
  const plain = new Map<string, Line[]>();
  const others: Line[] = [];
  for (const line of texts.flat()) {
    const names = line.names.split(',');
    if (names.some((name) => /^\||[*?!]/.test(name))) others.push(line);
    else
      for (const name of names)
        plain.set(name.toLowerCase(), [...(plain.get(name.toLowerCase()) ?? []), line]);
  }
  return {
    keysOf(name) {
      const wanted = name.toLowerCase();
      return [...(plain.get(wanted) ?? []), ...others.filter(({ names }) => matches(names, wanted))];
    },
  };
}

function linesOf(text: string, file: string): Line[] {
  return text.split('\n').flatMap((line, index): Line[] => {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift()?.slice(1) : 'none';
    const [names, type, key] = words;
    if (names === undefined || names.startsWith('#') || type === undefined || key === undefined) return [];
    if (marker !== 'none' && marker !== 'revoked' && marker !== 'cert-authority') return [];
    return [{ marker, names, type, blob: Buffer.from(key, 'base64'), file, line: index + 1 }];
  });
}

function matches(names: string, wanted: string): boolean {
  if (names.startsWith('|')) return isHashOf(names, wanted);
  const patterns = names.toLowerCase().split(',');
  const some = (list: readonly string[]) => list.some((pattern) => globOf(pattern).test(wanted));
  if (some(patterns.filter((one) => one.startsWith('!')).map((one) => one.slice(1)))) return false;
  return some(patterns.filter((one) => !one.startsWith('!')));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt. */
function isHashOf(hashed: string, name: string): boolean {
  const [, version, salt = '', hash = ''] = hashed.split('|');
  return (
    version === '1' && createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
  );
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
