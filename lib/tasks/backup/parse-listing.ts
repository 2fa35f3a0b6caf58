import { refuse } from '../../refuse.ts';

/** A file, a folder or a symbolic link as it was saved. */
export interface SavedFile {
  /** Absolute. */
  readonly path: string;
  /** `other`: a socket, a pipe or a device; never saved. */
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Four octal digits; always `0777` for a link. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Of a file's content, in hexadecimal digits. */
  readonly sha256?: string;
  /** What a symbolic link points to. */
  readonly link?: string;
  /** When its content was last changed, in seconds since 1970; only of what an archive holds. */
  readonly mtime?: number;
}

/**
 * What the lines of a listing say, in order of the paths; see `listingFunctions`.
 * @param paths those that were listed, by which the missing ones are numbered
 * @throws DabookError `refused` for a name that is no UTF-8, and for a file without a checksum: it went away
 * while it was looked at
 */
export function parseListing(
  lines: readonly string[],
  paths: readonly string[],
): { readonly files: readonly SavedFile[]; readonly missing: readonly string[] } {
  const found: SavedFile[] = [];
  const digests = new Map<string, string>();
  const missing: string[] = [];
  for (const line of lines) {
    const [, digest, of] = /^([0-9a-f]{64}) [ *]\.(\/.*)$/.exec(line) ?? [];
    if (digest !== undefined && of !== undefined) {
      digests.set(of, digest);
      continue;
    }
    const [kind, bits = '', uid, gid, name = '', more = ''] = line.split(' ');
    if (kind === 'M') missing.push(paths[Number(bits)] ?? '');
    if (kind !== 'S' && kind !== 'O') continue;
    const path = kind === 'S' ? line.split(' ').slice(4).join(' ').slice(1) : textOf(name).slice(1);
    const file = { path, ...modeOf(bits), uid: Number(uid), gid: Number(gid) };
    if (file.type === 'symlink') found.push({ ...file, link: textOf(more).replace(/\n$/, '') });
    else found.push(kind === 'O' && more !== '' ? { ...file, sha256: more } : file);
  }
  const files = found.map((file) => withDigest(file, digests)).sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, missing };
}

function withDigest(file: SavedFile, digests: ReadonlyMap<string, string>): SavedFile {
  if (file.type !== 'file' || file.sha256 !== undefined) return file;
  const sha256 = digests.get(file.path);
  if (sha256 !== undefined) return { ...file, sha256 };
  throw refuse(`${file.path} went away while it was looked at`, 'run again when nothing is at work there');
}

const types: ReadonlyMap<number, SavedFile['type']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
]);

function modeOf(hex: string): Pick<SavedFile, 'type' | 'mode'> {
  const bits = Number.parseInt(hex, 16);
  return { type: types.get(bits & 0o170000) ?? 'other', mode: (bits & 0o7777).toString(8).padStart(4, '0') };
}

/** A name that travelled in hexadecimal digits. */
function textOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes)) return text;
  throw refuse(
    `a name is no UTF-8, and cannot be told from others: ${JSON.stringify(bytes.toString('latin1'))}`,
    'rename it, or leave out the folder that it is in',
  );
}
