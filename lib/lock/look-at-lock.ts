import { type Command, sh } from '../sh.ts';
import { endGroups } from './end-groups.ts';
import { lockPlace } from './lock-place.ts';

/** Prints `free`, or `held` and the first line of the locked file. Changes nothing. */
export const lookAtLock: Command = sh`${lockPlace}
if [ -L "$l" ] || [ ! -f "$l" ] || [ ! -r "$l" ]; then echo free; exit; fi
exec 9<"$l"
if flock -n 9; then echo free; exit; fi
IFS= read -r b <"$l"
printf 'held %s\n' "$b"`;

/**
 * Ends the keeper that holds the lock, and what it watches over, and with that the lock. Prints `free` where
 * nobody held it, `released` and who did, or `kept` where its processes belong to somebody else.
 */
export const breakLock: Command = sh`${endGroups}
${lockPlace}
if [ -L "$l" ] || [ ! -f "$l" ] || [ ! -r "$l" ]; then echo free; exit; fi
exec 9<"$l"
if flock -n 9; then echo free; exit; fi
{
  IFS= read -r b
  g=
  while read -r p; do
    case $p in '' | *[!0-9]*) ;; *) g="$g $p" ;; esac
  done
} <"$l"
k=\${b#* }
k=\${k%% *}
case $k in '' | *[!0-9]*) printf 'kept %s\n' "$b"; exit ;; esac
kill -KILL "-$k" 2>/dev/null || { printf 'kept %s\n' "$b"; exit; }
end_groups 0
t=0
until flock -n 9; do
  t=$((t + 1))
  [ $t -lt 30 ] || { printf 'kept %s\n' "$b"; exit; }
  sleep 0.1 2>/dev/null || sleep 1
done
rm -f "$l"
printf 'released %s\n' "$b"`;
