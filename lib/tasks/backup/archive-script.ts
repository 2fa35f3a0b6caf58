import { atEnd } from '../../at-end.ts';
import { type Command, sh } from '../../sh.ts';
import { listingFunctions } from './listing-script.ts';
import { type Manifest, manifestName } from './read-archive.ts';

/**
 * The shell command that prints a tar.gz of what is at or below some paths, with the manifest as its first
 * member. It changes nothing on the host; in a private folder, removed again, it keeps names and checksums
 * only, never a file's content. It fails, and what it printed is worth nothing, when what is there is not
 * what was planned with, or changes while it is read. Where nobody takes all of its output, it says what is big.
 *
 * GNU tar and libarchive's take the names from a list. That of busybox may know no lists: it is given some
 * names at a time, and the two empty blocks with which each part ends are taken off again.
 * @param sha256 of the listing that the backup was planned with
 */
export function archiveScript(manifest: Omit<Manifest, 'files'>, sha256: string): Command {
  const { host, digest, paths, exclude, missing, notes } = manifest;
  const head = JSON.stringify({ version: 1, host, digest, paths, exclude, missing, notes });
  return sh`umask 077
${listingFunctions(manifest)}
d=$(mktemp -d) || exit 1
${atEnd(sh`rm -rf "$d"`)}
list >"$d/lines" && sort "$d/lines" >"$d/before" || exit 1
s=$(sha256sum <"$d/before") || exit 1
case $s in
  ${sha256}*) ;;
  *) echo 'what is to be saved changed after it was looked at: run again' >&2; exit 1 ;;
esac
{ printf '%s,"listing":[\\n' ${head.slice(0, -1)}; sed 's/.*/"&"/; $!s/$/,/' "$d/before"; echo ']}'; } >"$d/"${manifestName}
look names >"$d/names" || exit 1
n=
case $(tar --help 2>&1) in *--numeric-owner*) n=--numeric-owner ;; esac
part='o=$1 d=$2
shift 2
{ tar -cf - $o "$@" || : >"$d/failed"; } | head -c -1024'
pack() {
  case $(tar --version 2>&1) in
    *GNU* | *bsdtar*)
      tar -cf - --no-recursion $n -C "$d" ${manifestName} -C / --null -T "$d/names" ;;
    *)
      (cd "$d" && sh -c "$part" sh "--no-recursion $n" "$d" ${manifestName}) &&
      { [ ! -s "$d/names" ] || xargs -0 sh -c "$part" sh "--no-recursion $n" "$d" <"$d/names"; } &&
      head -c 1024 /dev/zero ;;
  esac
}
{ pack || : >"$d/failed"; } | gzip -c || {
  echo 'it could not be sent whole; what is biggest, before it is packed:' >&2
  look biggest >&2
  exit 1
}
[ ! -e "$d/failed" ] || { echo 'not all of it could be read' >&2; exit 1; }
list >"$d/lines" && sort "$d/lines" >"$d/after" || exit 1
cmp -s "$d/before" "$d/after" || {
  echo 'these changed while they were saved:' >&2
  comm -3 "$d/before" "$d/after" | sed 's/^[^.]*\\.//; s/^.*O .*/one with an odd name/' | sort -u | head -n 5 >&2
  exit 1
}`;
}
