import { atEnd } from './at-end.ts';
import { type Command, sh } from './sh.ts';
import { sha256Of } from './sha256.ts';

/** Bytes of each output that are sent back: the last ones. */
const told = 64 * 1024;

/**
 * What runs the command, in a session of its own. It says who it is and claims the step in one go (a hard link
 * comes with its content, or not at all), so that of two that start at the same moment one runs. The other ends with
 * status 75.
 */
const runner = sh`read -r __l <"/proc/$$/stat" || exit 1
__t=$1 __u=$2 __b=$3 __c=$4
set -- \${__l##*) }
shift 19
printf '%s %s %s %s\\n' "\${__t##*/}" "$$" "$1" "$__b" >"$__t/claim" || exit 1
ln "$__t/claim" "$__c" 2>"$__t/err" || exit 75
set --
(umask "$__u"; . "$__t/command") <"$__t/stdin" >"$__t/out" 2>"$__t/err"
__s=$?
rm -f "$__t/stdin"
printf '%s\\n' "$__s" >"$__t/status"
exit 0`;

/**
 * The shell command that runs a command in a session of its own, and waits for it: it goes on when the connection is
 * lost or dabook is killed. Where the same one runs already (the same text, and the same stdin to the byte) it is
 * waited for instead; where it runs with another stdin, that one's end is waited for first. Gives the command's exit
 * status and the last 64 KiB of each of its outputs; 137 where something killed it before it could tell.
 *
 * What it needs to be found again is in a folder that its user alone may enter, `/var/tmp/.dabook.<uid>`, and removed
 * by whoever hears of the end. A result that nobody heard is not looked at: what has ended is judged by what it left,
 * and whoever comes next runs it anew if it is still due. A host that has no `setsid` keeps it only from SIGHUP.
 *
 * For dash, bash and busybox, on Linux. In the folder are, for each:
 * - `<sha256 of the command>.claim`: the name of its own folder, and which process runs it: pid, start, boot;
 * - `run.<pid>.<start>.XXXXXX`, of whoever started it: stdin, command, out, err, status.
 *
 * Only who makes `gone` in the latter may remove the two; those that wait have the files open, and miss nothing.
 * @param base the folder that its folder is made in
 */
export function detachedScript(command: Command, base = '/var/tmp'): Command {
  const ownCode = `unset __l __t __u __b __c; ${command.text}`;
  return sh`u=$(umask) own= t= i=0
umask 077
p=${base}/.dabook.$(id -u)
c=$p/${sha256Of(command.text)}.claim
boot=none
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot </proc/sys/kernel/random/boot_id
field() { shift "$1"; f=$1; }
alive() {
  [ "$3" = "$boot" ] && { read -r l <"/proc/$1/stat"; } 2>/dev/null || return 1
  field 1 \${l##*) }
  [ "$f" != Z ] || return 1
  field 20 \${l##*) }
  [ "$f" = "$2" ]
}
read -r l <"/proc/$$/stat" || exit 1
field 20 \${l##*) }
${atEnd(sh`[ -z "$t" ] || { [ -z "$own" ] || rm -rf "$p/$t"; rmdir "$p" 2>/dev/null; }`)}
for i in 1 2 3 4 5 6 7 8 9; do
  mkdir "$p" 2>/dev/null
  case $(cd -P "$p" 2>/dev/null && stat -c %u:%a .) in "$(id -u)":700 | "$(id -u)":2700) l=ours ;; *) l= ;; esac
  if [ -L "$p" ] || { [ -z "$l" ] && [ -e "$p" ]; }; then
    echo "$p is not a folder that only $(id -un) may enter: find out whose it is, and remove it" >&2
    exit 1
  fi
  # Who hears of an end removes the folder when it is empty: perhaps just now.
  t=$(mktemp -d "$p/run.$$.$f.XXXXXX" 2>/dev/null) && break
done
[ -n "$t" ] || t=$(mktemp -d "$p/run.$$.$f.XXXXXX") || exit 1
own=1 t=\${t##*/} i=0
cat >"$p/$t/stdin" && printf '%s\\n' ${ownCode} >"$p/$t/command" &&
  printf '%s\\n' ${runner.text} >"$p/$t/run" && : >"$p/$t/out" >"$p/$t/err" >"$p/$t/status" || exit 1
drop() (
  trap '' HUP INT TERM PIPE
  mkdir "$p/$2" 2>/dev/null
  mkdir "$p/$2/gone.$boot" 2>/dev/null || exit
  read -r n l <"$1" && [ "$n" = "$2" ] && rm -f "$1"
  rm -rf "$p/$2"
) 2>/dev/null
sweep() {
  for e in "$p"/*.claim; do
    { read -r n q b o <"$e"; } 2>/dev/null && ! alive "$q" "$b" "$o" || continue
    case $n in run.*) drop "$e" "$n" ;; esac
  done
  for e in "$p"/run.*; do
    [ -n "$(find "$e" -prune -mmin +10 2>/dev/null)" ] || continue
    e=\${e##*/} l=\${e#run.}
    q=\${l%%.*} l=\${l#*.}
    alive "$q" "\${l%%.*}" "$boot" && continue
    { read -r n q b o <"$p/$e/claim"; } 2>/dev/null && alive "$q" "$b" "$o" || rm -rf "$p/$e"
  done
}
tell() {
  tail -c ${told} <&7
  tail -c ${told} <&8 >&2
  drop "$c" "$n"
  [ -z "$s" ] || exit "$s"
  echo 'something killed it before it could tell how it ended' >&2
  exit 137
}
attach() {
  cmp -s "$p/$t/stdin" - <&5 && l=same || l=other
  set -- "$l"
  until IFS= read -r s <&6; do
    alive "$q" "$b" "$o" || { IFS= read -r s <&6; break; }
    sleep 1
  done
  [ "$1" = other ] || tell
}
start() {
  own= n=$t
  l='. "$1/run"'
  if command -v setsid >/dev/null 2>&1; then
    setsid sh -c "$l" sh "$p/$t" "$u" "$boot" "$c" </dev/null >/dev/null 2>&1 5<&- 6<&- 7<&- 8<&- 9>&- &
  else
    (trap '' HUP; exec sh -c "$l" sh "$p/$t" "$u" "$boot" "$c" </dev/null >/dev/null 2>&1 5<&- 6<&- 7<&- 8<&- 9>&-) &
  fi
  wait "$!"
  if [ "$?" = 75 ]; then
    own=1
    return
  fi
  IFS= read -r s <&6 || s=
  # Where setsid had to fork, its end is not that of the command.
  [ -z "$s" ] && { read -r n q b o <"$p/$t/claim"; } 2>/dev/null && alive "$q" "$b" "$o" && attach
  n=$t
  tell
}
heard() {
  { { "$1" 2>&9; } 5<"$p/$n/stdin" 6<"$p/$n/status" 7<"$p/$n/out" 8<"$p/$n/err"; } 9>&2 2>/dev/null
}
while [ "$i" -lt 10 ]; do
  sweep
  if { read -r n q b o <"$c"; } 2>/dev/null && alive "$q" "$b" "$o"; then
    heard attach || sleep 1
  elif [ -e "$c" ]; then
    i=$((i+1))
    sleep 1
  else
    i=$((i+1)) n=$t
    heard start
  fi
done
cat "$p/$t/err" >&2
echo "it cannot be started for what is left of an earlier one: remove $c" >&2
exit 1`;
}
