import { basename, dirname } from 'node:path/posix';
import { atEnd } from '../../at-end.ts';
import { Command, sh } from '../../sh.ts';
import { strangeLink } from '../../strange-link.ts';
import type { SavedFile } from './parse-listing.ts';
import type { Manifest } from './read-archive.ts';
import { isWithin } from './saved-paths.ts';

/**
 * The words of the script. A place is a path below the folder that a saved path is in (`above`), where
 * `enter` goes only if no link is on the way: what it is in then stays the same folder, whoever renames
 * or replaces it.
 */
const words = sh`LC_ALL=C; export LC_ALL
umask 022
fail() { printf '%s\n' "$1" >&2; exit 1; }
${strangeLink}
q= p= n=
tidy() {
  if [ -n "$p" ]; then
    [ -z "$n" ] || rm -rf "./$n"
    cd .. && rmdir "./$p"
  elif [ -n "$q" ]; then rmdir "./$q" 2>/dev/null
  fi
  cd /
  find "$t" -type d -exec chmod u+rwx {} \\;
  rm -rf "$t"
}
far() { fail "$1 leads through a symbolic link that somebody else may have put there: $2"; }
above() {
  ! l=$(strange "$1") || far "$1" "$l"
  mkdir -p "$1" && b=$(cd -P "$1" && pwd -P) || exit 1
  [ "$b" = "$1" ] || ! l=$(strange "$1" "$b") || far "$1" "$l"
  b=\${b%/} s=$t/tree\${1%/}
}
enter() {
  w=$b$1
  cd -P "\${w:-/}" || exit 1
  [ "$(pwd -P)" = "\${w:-/}" ] || fail "a symbolic link is on the way to $w: nothing was written there"
}
folder() {
  enter "$1"
  [ -d "./$2" ] || mkdir -m 0700 "./$2" || exit 1
}
private() {
  q=$(mktemp -d ./.dabook.XXXXXXXXXX) || exit 1
  q=\${q#./}
  cd -P "./$q" || exit 1
  case $(stat -c %u:%a .):$(pwd -P) in
    "$(id -u)":700:*/"$q" | "$(id -u)":2700:*/"$q") p=$q ;;
    *) fail "somebody put another folder in the place of one that was made in $b$1" ;;
  esac
}
leave() {
  n=
  cd .. && rmdir "./$p" || exit 1
  q= p=
}
# With owner and mode from the first moment. Who is not root and may not write there could put nothing into it.
needed() {
  enter "$1"
  [ ! -d "./$2" ] || return 0
  private "$1"
  n=$2
  mkdir -m 0700 "./$n" && chown "$3" "./$n" && chmod "0$4" "./$n" || exit 1
  [ -w "./$n" ] && [ -x "./$n" ] || chmod u+wx "./$n" || exit 1
  mv "./$n" ../ || exit 1
  leave
}
files() {
  enter "$1"
  at=$1
  shift
  private "$at"
  for n do
    cp -pP "$s$at/$n" "./$n" && mv -f "./$n" ../ || exit 1
  done
  leave
}
# Five digits: with four, GNU chmod leaves the set-id bits of a folder as they are.
finish() {
  enter "$1"
  [ -z "$2" ] || { chown "$2" . && chmod "0$3" .; } || exit 1
  TZ=UTC0 touch -t "$4" . || exit 1
}
t=$(mktemp -d) || exit 1
${atEnd(sh`tidy`)}
o=
case $(tar --help 2>&1) in *--numeric-owner*) o=--numeric-owner ;; esac
mkdir "$t/tree" && gzip -dc >"$t/tar" && tar -xpf "$t/tar" $o -C "$t/tree" && rm -f "$t/tar" ||
  fail 'the archive could not be unpacked: nothing was restored'`;

/**
 * The shell command that reads a backup from its stdin and brings some of its files back.
 * @param differing in order of their paths, so that each folder comes before what is in it
 * @param isNeeded whether a folder is made only for what is in it. Where it is there it stays as it is, so the next run
 * would not finish one that this one left behind: it has owner and mode as soon as it is there.
 */
export function restoreScript(
  { paths, files }: Manifest,
  differing: readonly SavedFile[],
  isNeeded: (path: string) => boolean,
): Command {
  const folderAt = new Map(files.filter(({ type }) => type === 'directory').map((file) => [file.path, file]));
  const lines = paths.flatMap((root) => {
    const chosen = differing.filter(({ path }) => isWithin(path, root));
    if (chosen.length === 0) return [];
    const above = dirname(root);
    const place = (path: string) => path.slice(above === '/' && path !== '/' ? 0 : above.length);
    const folders = chosen.filter(({ type }) => type === 'directory');
    const others = chosen.filter(({ type }) => type !== 'directory');
    // Each folder gets its owner, mode and time when all is in it: until then a new one is closed to others.
    const written = new Set(chosen.flatMap(({ path }) => [path, dirname(path)]));
    const finished = [...written]
      .flatMap((path) => folderAt.get(path) ?? [])
      .sort(byPath)
      .reverse();
    return [
      sh`above ${above}`,
      ...folders.map(({ path, uid, gid, mode }) =>
        isNeeded(path)
          ? sh`needed ${place(dirname(path))} ${basename(path)} ${`${uid}:${gid}`} ${mode}`
          : sh`folder ${place(dirname(path))} ${basename(path)}`,
      ),
      ...[...new Set(others.map(({ path }) => dirname(path)))].map((folder) => {
        const names = others.filter(({ path }) => dirname(path) === folder).map(({ path }) => basename(path));
        return sh`files ${place(folder)} ${names}`;
      }),
      ...finished.map((folder) => {
        const { path, uid, gid, mode, mtime = 0 } = folder;
        return sh`finish ${place(path)} ${folders.includes(folder) ? `${uid}:${gid}` : ''} ${mode} ${timeOf(mtime)}`;
      }),
    ].map(({ text }) => text);
  });
  return new Command([words.text, ...lines].join('\n'));
}

function byPath(a: SavedFile, b: SavedFile): number {
  return a.path < b.path ? -1 : 1;
}

/** Seconds since 1970 as touch takes them: `197001241123.20`, in UTC. */
function timeOf(seconds: number): string {
  const digits = new Date(seconds * 1000).toISOString().replaceAll(/\D/g, '');
  return `${digits.slice(0, 12)}.${digits.slice(12, 14)}`;
}
