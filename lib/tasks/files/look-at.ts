import { dirname } from 'node:path/posix';
import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { sh } from '../../sh.ts';

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

/** What is at some paths and, symbolic links followed, at the folders that they are in. */
export interface Sight {
  at(path: string): Found;
  folderOf(path: string): Found;
}

/**
 * Looks at files: one command and three processes, however many they are.
 * @throws DabookError `command` for what the user may not look at, and on a host without stat or sha256sum
 */
export async function lookAt(ask: Ask, paths: readonly string[]): Promise<Sight> {
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  const format = '%f:%u:%g:%U:%G:%n';
  // The root folder is always there: when it is not listed, this stat is not the one that is known here.
  const { stdout, stderr } = await ask.sh(
    sh`LC_ALL=C; export LC_ALL
set -- ${paths}
stat -c ${`F:${format}`} "$@"
stat -L -c ${`D:${format}`} / ${folders}
for p do shift; [ -L "$p" ] || [ ! -f "$p" ] || set -- "$@" "$p"; done
[ $# -eq 0 ] || sha256sum "$@"`,
    { ok: [0, 1] },
  );
  const denied = /: ([^\n]*permission denied)/i.exec(stderr);
  if (denied) {
    throw new DabookError('command', `${ask.host}: ${denied[1]}`, {
      hint: ask.become ? 'root itself may not read it there' : 'run as root: become: true, or -b',
    });
  }
  const found = parse(stdout);
  if (!found.has('D:/')) {
    throw new DabookError('command', `${ask.host} has no stat that knows -c`, {
      hint: 'install coreutils or busybox',
    });
  }
  return {
    at: (path) => found.get(`F:${path}`) ?? { type: 'missing' },
    folderOf: (path) => found.get(`D:${dirname(path)}`) ?? { type: 'missing' },
  };
}

function parse(stdout: string): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const line of stdout.split('\n')) {
    const [, kind, mode = '', uid, gid, owner, group, path] =
      /^([FD]):([0-9a-f]+):(\d+):(\d+):([^:]*):([^:]*):(.*)$/.exec(line) ?? [];
    if (kind !== undefined) {
      found.set(`${kind}:${path}`, {
        ...modeOf(Number.parseInt(mode, 16)),
        uid: Number(uid),
        gid: Number(gid),
        owner: nameOr(owner, uid),
        group: nameOr(group, gid),
      });
      continue;
    }
    const digest = parseDigest(line);
    const file = digest && found.get(`F:${digest.path}`);
    if (digest && file) found.set(`F:${digest.path}`, { ...file, sha256: digest.sha256 });
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
