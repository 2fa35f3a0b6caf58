import { type Command, sh } from '../sh.ts';
import { endGroups } from './end-groups.ts';
import { lockPlace } from './lock-place.ts';

export interface KeeperOptions {
  /** The run: one word. */
  readonly run: string;
  /** One line for those who find the lock held. */
  readonly holder: string;
  /** Take the host's lock; otherwise only watch over processes. */
  readonly locks: boolean;
  /** Seconds after the last word of the control machine when it is taken for gone. */
  readonly lease: number;
  /** What an earlier session of this run left behind: it is ended first. */
  readonly former?: Former | undefined;
  /** Seconds that a step which is under way may go on once nobody is there to hear of it. {@link usualGrace} by default. */
  readonly grace?: number | undefined;
}

/** What a session that was lost left behind. */
export interface Former {
  /** Process groups of its keeper, and of what that watched over. */
  readonly keeper: number;
  readonly groups: readonly number[];
  /** A step was under way: it gets its time to end. */
  readonly isBusy: boolean;
}

/** Seconds that a step which is under way may go on once nobody is there to hear of it. */
export const usualGrace = 10;

/**
 * The script that stays on a host beside the shells of a run, and does what the run could not do any more if it died:
 * it ends by process group what was started there, and holds the lock of the host until that is over.
 *
 * The lock is the kernel's (`flock`), so it cannot outlive the keeper, whatever ends that, and no two clocks are ever
 * compared. Where the connection dies, the keeper's stdin ends; where only the link is cut, no beat comes, and a
 * watchdog ends all of it after the lease. The file is removed with the lock, and so may be another one than the one
 * that was opened: that is looked at. It lies where every user of the host may make one, so that all agree on a place.
 *
 * It prints `held` and its own process group, or `busy` with what the holder wrote there, or `odd` with what is wrong; then an answer to
 * each line that it reads: `beat`, `group N` (a process group to watch over), `stop` (end them now), `end`.
 */
export function keeperScript(options: KeeperOptions): Command {
  const { run, holder, locks, lease, former, grace = usualGrace } = options;
  return sh`LC_ALL=C k=$$ f= w= r=${run} i=${holder} g=${(former?.groups ?? []).join(' ')}
${endGroups}
release() { [ -z "$f" ] || rm -f "$f" 2>/dev/null; }
watch() {
  [ -z "$w" ] || kill "$w" 2>/dev/null
  (
    b=$!
    trap '[ "$!" = "$b" ] || kill -KILL $! 2>/dev/null; exit' TERM
    exec 9<&- </dev/null >/dev/null 2>&1
    sleep ${lease} &
    wait $!
    end_groups 0
    release
    kill -KILL "$k"
  ) &
  w=$!
}
odd() { printf 'odd %s\n' "$1"; exit; }
take() {
  command -v flock >/dev/null || odd 'it has no flock'
  ${lockPlace}
  t=0
  while :; do
    t=$((t + 1))
    [ $t -le 100 ] || odd "$l is made and removed all the time"
    (umask 022; set -C; : >"$l") 2>/dev/null
    [ -e "$l" ] || { [ -L "$l" ] && odd "$l is a link" || [ -w "\${l%/*}" ] || odd "\${l%/*} cannot be written to"; continue; }
    if [ -L "$l" ] || [ ! -f "$l" ]; then odd "$l is no regular file"; fi
    exec 9<"$l"
    if ! flock -n 9; then
      b=
      IFS= read -r b <"$l"
      case $b in
        '') [ $t -gt 20 ] || { sleep 0.1 2>/dev/null; continue; } ;;
        "$r "*) exec 9<&-; return ;;
      esac
      printf 'busy %s\n' "$b"
      exit
    fi
    if [ "$l" -ef /proc/self/fd/9 ]; then
      [ ! -O "$l" ] || break
      rm -f "$l" 2>/dev/null || break
    fi
    exec 9<&-
  done
  f=$l
  [ ! -O "$f" ] || printf '%s\n' "$r $o $i" >"$f"
}
IFS=' ' read -r b b b b o b </proc/$$/stat || odd 'it has no /proc'
${former === undefined ? sh`:` : sh`kill -KILL ${`-${former.keeper}`} 2>/dev/null`}
end_groups ${former?.isBusy ? Math.round(grace * 10) : 0}
g=
${locks ? sh`take` : sh`:`}
echo "held $o"
watch
while IFS= read -r l; do
  case $l in
    beat) watch; echo beat ;;
    'group '*)
      p=\${l#* } g="$g \${l#* }"
      [ -z "$f" ] || [ ! -O "$f" ] || echo "$p" >>"$f"
      watch
      echo group
      ;;
    stop) end_groups 0; echo stopped ;;
    end) g=; break ;;
  esac
done
kill "$w" 2>/dev/null
end_groups ${Math.round(grace * 10)}
release`;
}
