import { Command, sh } from '../../sh.ts';
import type { SavedPaths } from './saved-paths.ts';

/**
 * Names that any program prints as they are, on one line: printable ASCII without backslash and quote. All
 * others are listed in hexadecimal digits, one by one.
 */
const isOdd = String.raw`\( -path '*[! -~]*' -o -path '*\\*' -o -path '*"*' \)`;

/** For links and odd names: `O <mode> <uid> <gid> <name> <checksum or link target>`. */
const oddLines = `for f do
  s=$(stat -c "%f %u %g" "$f") || exit 1
  n=$(printf %s "$f" | od -An -v -tx1 | tr -d " \\n")
  x=
  if [ -L "$f" ]; then x=$(readlink "$f" | od -An -v -tx1 | tr -d " \\n")
  elif [ -f "$f" ]; then x=$(sha256sum <"$f") || exit 1
  fi
  echo "O $s $n \${x%% *}"
done`;

/**
 * Shell functions: `list` prints all that is at or below some paths, in no order: type, mode, owner,
 * checksum, where links point to; neither times nor sizes. It works from `/`, where it leaves the shell.
 * ASCII only, and one line for each fact, so that equal states give equal lines:
 *
 * - `M <n>`: nothing is at the path with this number
 * - `S <type and mode> <uid> <gid> ./<path>`: anything but a link
 * - `<checksum>  ./<path>`: a file's content
 * - `O …`: see above
 *
 * And `look names`, which prints the names of all that a backup holds, each ended by a NUL byte: sockets,
 * pipes and devices are listed, so that nobody takes them for missing, but not saved. `look biggest` prints the
 * five folders with most in files of their own, for people.
 */
export function listingFunctions({ paths, exclude }: SavedPaths): Command {
  const left = exclude.map((path) => sh`-path ${asPattern(below(path))}`.text).join(' -o ');
  const but = new Command(left === '' ? '' : `\\( ${left} \\) -prune -o `);
  const odd = new Command(isOdd);
  return sh`LC_ALL=C; export LC_ALL
cd / || exit 1
look() {
  i=0 missing=
  for p in ${paths.map(below)}; do
    if e=$(ls -d "$p" 2>&1); then set -- "$@" "$p"
    else case $e in
      *'No such file'* | *'Not a directory'*) missing="$missing $i" ;;
      *) printf '%s\n' "$e" >&2; return 1 ;;
    esac; fi
    i=$((i + 1))
  done
  [ $# -eq 1 ] || "$@"
}
lines() {
  find "$@" ${but}! -type l ! ${odd} -exec stat -c 'S %f %u %g %n' {} + &&
  find "$@" ${but}-type f ! ${odd} -exec sha256sum {} + &&
  find "$@" ${but}\\( -type l -o ${odd} \\) -exec sh -c ${oddLines} sh {} +
}
list() { look lines && for i in $missing; do echo "M $i"; done; }
names() { find "$@" ${but}\\( -type f -o -type d -o -type l \\) -print0; }
biggest() {
  find "$@" ${but}-type f -exec stat -c '%s %n' {} + | awk '
    { size = $1; sub("^[0-9]+ [.]", ""); sub("/[^/]*$", ""); sum[$0] += size }
    END { for (folder in sum) printf "%d MiB %s\\n", sum[folder] / 1048576, folder }' | sort -rn | head -n 5
}`;
}

/** The path as it is from `/`, which never looks like an option. */
function below(path: string): string {
  return `.${path}`;
}

/** A pattern that stands for this path alone. */
function asPattern(path: string): string {
  return path.replaceAll(/[\\*?[\]]/g, '\\$&');
}
