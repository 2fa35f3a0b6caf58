import { basename, dirname } from 'node:path/posix';
import { atEnd } from './at-end.ts';
import { type Command, sh } from './sh.ts';
import type { TreeStep } from './step.ts';
import { refuseStrangeLink } from './strange-link.ts';
import type { TreeLayout } from './tree-layout.ts';

/**
 * The shell command that unpacks what `packTree` gives into a folder that nobody else can enter, holds it against its
 * checksums, and only then moves it into its place, each file and each new folder at once.
 *
 * Whoever may write to a folder on the way could put a link in its place between two commands. So everything is made
 * ready in the deepest folder on the way in which nobody else can put one thing in the place of another, and a folder
 * is written to only as the one in which the shell stands, once that is seen to be the right one. Where such a folder
 * is on another file system, a move would be a copy, which others could see half of: it goes by a private folder in
 * the folder that it is for.
 *
 * What it made is removed at any end; what one that was killed left behind, by the next one here.
 */
export function treeScript({ path }: TreeStep, { sha256 }: TreeLayout): Command {
  return sh`${functions}
cd -P ${dirname(path)} || exit 1
${refuseStrangeLink(path, dirname(path), sh`$PWD`)}
p=\${PWD%/}
stage ${basename(path)}
tar -xpf - || fail 'what was sent could not be unpacked'
x=$([ ! -s names ] || xargs -0 sha256sum <names | sed 's/^\\\\\\{0,1\\}\\(.\\{64\\}\\).*/\\1/' | sha256sum)
case $x in
  ${sha256}*) ;;
  *) [ ! -s names ] || fail 'the content did not arrive whole' ;;
esac
. ./plan`;
}

/**
 * `stage` chooses the place, makes a folder there and goes to it. `names` has a command line of all words, each with
 * a prefix, in $l: by their numbers, since "$@" cannot be changed word by word in a time that is worth it.
 */
const functions = sh`LC_ALL=C; export LC_ALL
umask 077
fail() { printf '%s\\n' "$1" >&2; exit 1; }
s= q= far= h=$(uname -n) me=$(id -u)
tidy() {
  case $PWD in */"$q") [ -z "$q" ] || { rm -rf ./* ./.[!.]* ./..?*; cd ..; } ;; esac
  [ -z "$q" ] || rmdir "./$q"
  cd /
  [ -z "$s" ] || rm -rf "$s"
}
${atEnd(sh`tidy`)}
stage() {
  r=$p/$1 at=
  r=\${r#/}/
  set -- /
  while [ -n "$r" ]; do
    at=$at/\${r%%/*} r=\${r#*/}
    [ ! -d "$at" ] || set -- "$@" "$at"
  done
  l=$(stat -c %u:%a:%d "$@") || exit 1
  dev=\${l##*:} in= safe=1
  for w in $l; do
    [ -n "$safe" ] || break
    case \${w%:*} in
      *:[1357]???) ;;
      *:*[2367] | *:*[2367]?) safe= ;;
    esac
    case $w in 0:* | "$me":*) ;; *) safe= ;; esac
    [ -z "$safe" ] || [ "\${w##*:}" != "$dev" ] || in=$1
    shift
  done
  [ -n "$in" ] && [ -w "$in" ] || in=\${TMPDIR:-/tmp}
  for w in "\${in%/}/.dabook.$h".*.*; do
    [ -d "$w" ] && [ ! -L "$w" ] && [ "$(stat -c %u "$w")" = "$me" ] || continue
    r=\${w%.*}
    kill -0 "\${r##*.}" 2>/dev/null || rm -rf "$w"
  done
  s=$(mktemp -d "\${in%/}/.dabook.$h.$$.XXXXXXXXXX") && cd -P "$s" && s=$PWD || exit 1
}
names() {
  i=0 l=
  for w do i=$((i + 1)); l="$l \\"\\$z\\$\{$i}\\""; done
}
private() {
  q=$(mktemp -d ./.dabook.XXXXXXXXXX) || exit 1
  q=\${q#./}
  w=$PWD
  cd -P "./$q" || exit 1
  case $(stat -c %u:%a .):$PWD in
    "$me":700:*/"$q" | "$me":2700:*/"$q") ;;
    *) q=; fail "somebody put another folder in the place of one that was made in $w" ;;
  esac
}
leave() {
  cd .. && rmdir "./$q" || exit 1
  q=
}
own() {
  o=$1 z=./
  shift
  names "$@"
  eval "chown -h \\"\\$o\\" $l" || exit 1
}
near() {
  for w in $(cd "\${p:-/}" && stat -c %d "$@") $(stat -c %d .); do
    [ "$w" = "$dev" ] || far=1
  done
}
enter() {
  w=$p\${1:+/}$1
  cd -P "\${w:-/}" || exit 1
  [ "$PWD" = "\${w:-/}" ] || fail "a symbolic link is on the way to $w: nothing was written there"
}
land() {
  z=$s/$1/
  shift
  names "$@"
  if [ -z "$far" ]; then
    eval "mv -f $l ./" || exit 1
  else
    private
    eval "mv -f $l ./" || exit 1
    z=./
    eval "mv -f $l ../" || exit 1
    leave
  fi
}
keep() {
  m=$1 o=$2 z=../
  shift 2
  names "$@"
  private
  eval "ln $l ./" || exit 1
  for w do
    if [ -L "./$w" ] || [ ! -f "./$w" ]; then fail "$w is no regular file"; fi
  done
  z=./
  [ -z "$o" ] || eval "chown -h \\"\\$o\\" $l" || exit 1
  eval "chmod $m $l && rm -f $l" || exit 1
  leave
}
self() {
  [ -z "$2" ] || chown -h "$2" . || exit 1
  [ -z "$1" ] || chmod "0$1" . || exit 1
}`;
