import { type Command, sh } from '../../sh.ts';
import { statFormat } from './found.ts';

/**
 * Shell commands that tell of all paths in "$@" what is there, links not followed, and of files the SHA-256: two
 * processes, however many they are. What they print is for `parseFound`; `$s` is then what sha256sum printed.
 * @param more other paths to tell of, but without SHA-256
 * @param large numbers of those, from 1, that may be large: where there is openssl, it does them in a quarter of the time
 */
export function lookScript(more: readonly string[], large: readonly number[] = []): Command {
  // Files are chosen by their number: to rebuild "$@" name by name takes time with the square of how many they are.
  return sh`LC_ALL=C; export LC_ALL
stat -c ${statFormat} "$@" ${more}
i=0 f= b= s=
for p do
  i=$((i + 1))
  [ -L "$p" ] || [ ! -f "$p" ] || case ${` ${large.join(' ')} `} in
    *" $i "*) b="$b \\"\\$\{$i}\\"" ;;
    *) f="$f \\"\\$\{$i}\\"" ;;
  esac
done
[ -z "$b" ] || eval "openssl dgst -sha256 -r $b" 2>/dev/null || f=$f$b
if [ -n "$f" ]; then
  s=$(eval "sha256sum $f") || { r=$?; [ $r -eq 1 ] || exit $r; }
  printf '%s\\n' "$s"
fi`;
}
