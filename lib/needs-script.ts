import { sh } from './sh.ts';
import { strangeLink } from './strange-link.ts';

/**
 * Reads needs from its stdin, five lines each: kind, path, owner, group, and `room` where room is asked for. Says of each
 * in one line what stands in the way and where; of what may be written, how much room there is and on which device.
 *
 * A way that leads through a link of somebody else (`strange`) is told as such, whatever else there is.
 *
 * Before that line, where the folder is reached through a symbolic link, stands `at` with the path where it is in truth.
 *
 * An owner can be told from the user's name and number alone, and a group from those of the user. A folder with its
 * set-group-ID bit gives its own group to what is made in it. What not even root may write to, though the folder is not
 * read-only, is looked at once more: it may be that of a network file system.
 */
export const needsScript = sh`LC_ALL=C; export LC_ALL
u=$(id -u) n=$(id -un) g=" $(id -G) $(id -Gn) "
b='
'
${strangeLink}
at() {
  s=
  cd -P "$1" 2>/dev/null && [ "$PWD" != "$1" ] || return 0
  case $PWD$2 in *"$b"*) ;; *) printf 'at %s\\n' "$PWD$2" ;; esac
  s=$(strange "$1") || return 0
  case $s in *"$b"*) s=$1 ;; esac
  p=$s
  say strange
  return 1
}
say() { printf '%s %s\\n' "$1" "$p"; }
foreign() { [ "$u" != 0 ] && [ -n "$o" ] && [ "$o" != "$u" ] && [ "$o" != "$n" ]; }
outside() { [ "$u" != 0 ] && [ -n "$h" ] && case $g in *" $h "*) false ;; esac; }
fixed() {
  [ "$u" = 0 ] && [ ! -w "$p" ] && w=$(lsattr -d "$p" 2>/dev/null) &&
    case \${w%% *} in *i*) ;; *) false ;; esac
}
frozen() { case ,$(findmnt -rno OPTIONS -T "$p" 2>/dev/null), in *,ro,*) ;; *) false ;; esac; }
room() {
  if [ "$u" = 0 ]; then stat -f -c "room %f %S %d %c $1" "$p" 2>/dev/null
  else stat -f -c "room %a %S %d %c $1" "$p" 2>/dev/null
  fi
}
write() {
  if [ -d "$p" ] && { [ ! -w "$p" ] || [ ! -x "$p" ]; }; then
    if frozen; then say frozen; else say denied; fi
  elif foreign; then say owner
  elif [ ! -d "$p" ]; then say missing
  elif outside && { [ ! -g "$p" ] || case " $(stat -c '%g %G' "$p") " in *" $h "*) false ;; esac }; then say group
  elif [ -z "$r" ]; then say fine
  else room "$(stat -c %d "$p" 2>/dev/null)" || say fine
  fi
}
while IFS= read -r k && IFS= read -r p && IFS= read -r o && IFS= read -r h && IFS= read -r r; do
  d=\${p%/*} d=\${d:-/}
  case $k in
    write) at "$p" && write ;;
    make)
      if [ -e "$p" ]; then at "$p" && say fine
      else
        q=$p
        until [ -e "$p" ]; do p=\${p%/*}; p=\${p:-/}; done
        at "$p" "\${q#"$p"}" && write
      fi ;;
    replace)
      if ! at "$d"; then continue
      elif [ ! -e "$p" ] && [ ! -L "$p" ]; then say missing
      elif fixed; then say fixed
      elif [ "$u" != 0 ] && [ -k "$d" ] && [ ! -O "$d" ] &&
        w=$(stat -c %u "$p" 2>/dev/null) && [ "$w" != "$u" ]; then say sticky
      else say there
      fi ;;
    own)
      if ! at "$d"; then continue
      elif [ ! -e "$p" ] && [ ! -L "$p" ]; then say missing
      elif fixed; then say fixed
      elif [ "$u" = 0 ] || ! w=$(stat -c '%u %g %G' "$p" 2>/dev/null); then say fine
      elif [ "\${w%% *}" != "$u" ]; then say denied
      elif foreign; then say owner
      elif outside && case " \${w#* } " in *" $h "*) false ;; esac; then say group
      else say fine
      fi ;;
  esac
done
:`;
