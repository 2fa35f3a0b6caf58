import { type Command, sh } from '../sh.ts';

/**
 * Shell functions that end the process groups whose numbers are in $g: `end_groups N` lets them go on for N tenths of
 * a second, then asks them to end, for 5 s, and ends them. Its status is 1 where some are left after two more seconds.
 */
export const endGroups: Command = sh`any_group() {
  for p in $g; do kill -0 "-$p" 2>/dev/null && return 0; done
  return 1
}
end_groups() {
  n=$1 s=
  while any_group; do
    if [ "$n" -le 0 ]; then
      case $s in
        '') s=TERM n=50 ;;
        TERM) s=KILL n=20 ;;
        *) return 1 ;;
      esac
      for p in $g; do kill "-$s" "-$p" 2>/dev/null; done
    fi
    sleep 0.1 2>/dev/null || { sleep 1; n=$((n - 9)); }
    n=$((n - 1))
  done
}`;
