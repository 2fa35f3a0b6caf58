/** What is at a path of a host. */
export interface Found {
  readonly type: 'missing' | 'file' | 'directory' | 'symlink' | 'other';
  /** In hexadecimal digits; files only. */
  readonly sha256?: string;
  /** Four octal digits. */
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** The name, or the number where the host has no name for it. */
  readonly owner?: string;
  readonly group?: string;
}

/** What {@link parseFound} reads of each path, as `stat -c` takes it. */
export const statFormat = '%f:%u:%g:%U:%G:%n';

/** What stat and sha256sum say of some paths, each path as it was given to them. What is missing is not in it. */
export function parseFound(stdout: string): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const line of stdout.split('\n')) {
    const [, mode, uid, gid, owner, group, path] =
      /^([0-9a-f]+):(\d+):(\d+):([^:]*):([^:]*):(.*)$/.exec(line) ?? [];
    if (mode !== undefined && path !== undefined) {
      found.set(path, {
        ...modeOf(Number.parseInt(mode, 16)),
        uid: Number(uid),
        gid: Number(gid),
        owner: nameOr(owner, uid),
        group: nameOr(group, gid),
      });
      continue;
    }
    const digest = parseDigest(line);
    const file = digest && found.get(digest.path);
    if (file) found.set(digest.path, { ...file, sha256: digest.sha256 });
  }
  return found;
}

/**
 * A line of sha256sum. GNU's begins with a backslash when it had to escape the name.
 * @returns undefined for any other line
 */
export function parseDigest(line: string): { readonly sha256: string; readonly path: string } | undefined {
  const [, escaped, sha256, path] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
  if (sha256 === undefined || path === undefined) return undefined;
  return { sha256, path: escaped ? path.replaceAll('\\\\', '\\') : path };
}

const types: ReadonlyMap<number, Found['type']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
]);

function modeOf(bits: number): Pick<Found, 'type' | 'mode'> {
  return { type: types.get(bits & 0o170000) ?? 'other', mode: (bits & 0o7777).toString(8).padStart(4, '0') };
}

function nameOr(name: string | undefined, id: string | undefined): string {
  return name === undefined || name === '' || name === 'UNKNOWN' ? (id ?? '') : name;
}
