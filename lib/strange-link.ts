import { type Command, sh } from './sh.ts';

/**
 * A shell function: `strange FOLDER [WHERE]` prints a symbolic link on the way to a folder that somebody else than root
 * and the user may have put there, where it leads to a folder that is not that one's; and fails where there is none.
 * Whoever may put such a link decides which folder root works in. Into a folder of their own they get nothing by it.
 *
 * A link may be put by its owner, by that of the folder which it is in, and by everybody where everybody may write to that
 * one and the sticky bit is not set.
 *
 * Of a folder that is not there, the deepest one above it that is there counts.
 *
 * WHERE is the folder in which a script stands already, by its path without links: where the way leads elsewhere by now,
 * a link on it, or what is left of one, is told, too.
 */
export const strangeLink = sh`strange() (
  me=$(id -u) rest=$1/ at= links=0 link= who=
  while [ -n "$rest" ]; do
    name=\${rest%%/*} rest=\${rest#*/}
    case $name in
      '' | .) continue ;;
      ..) at=\${at%/*}; continue ;;
    esac
    if [ ! -L "$at/$name" ]; then at=$at/$name; continue; fi
    links=$((links + 1))
    [ $links -le 40 ] && to=$(readlink "$at/$name") &&
      l=$(stat -c %u "$at/$name") && f=$(stat -c %u:%a "$at/") || { printf '%s\\n' "$at/$name"; exit 0; }
    case $f in
      *:1??? | *:[357]???) ;;
      *[2367]) f=everybody ;;
    esac
    for u in $l \${f%%:*}; do
      case $u in 0 | "$me") ;; *) link=\${link:-$at/$name} who="$who $u" ;; esac
    done
    case $to in /*) at= ;; esac
    rest=$to/$rest
  done
  [ -z "\${2+x}" ] || [ "\${at:-/}" = "$2" ] || { printf '%s\\n' "\${link:-$1}"; exit 0; }
  [ -n "$link" ] || exit 1
  until [ -z "$at" ] || [ -e "$at" ]; do at=\${at%/*}; done
  f=$(stat -c %u "\${at:-/}/")
  for u in $who; do
    [ "$u" = "$f" ] || { printf '%s\\n' "$link"; exit 0; }
  done
  exit 1
)`;

/**
 * Ends a script whose way to a folder goes by a link of somebody else. Costs next to nothing where there is no link.
 * @param path what the script works on
 * @param where what stands for the folder that it has come to, by its path without links: `$PWD`. None where it is not
 * there yet
 */
export function refuseStrangeLink(path: string, folder: string, where?: Command): Command {
  const way = where === undefined ? sh`strange ${folder}` : sh`strange ${folder} "${where}"`;
  const isOther = where === undefined ? sh`` : sh`[ "${where}" != ${folder} ] && `;
  return sh`${strangeLink}
if ${isOther}l=$(${way}); then
  echo ${`${path} leads through a symbolic link that somebody else may have put there:`} "$l" >&2
  exit 1
fi`;
}
