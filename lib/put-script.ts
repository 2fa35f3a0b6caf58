import { ownership } from './ownership.ts';
import { inPrivateFolder } from './private-folder.ts';
import { type Command, sh } from './sh.ts';
import type { PutStep } from './step.ts';

/** Bytes from which on it matters how fast a checksum is made. */
const largeFrom = 4 * 2 ** 20;

/**
 * The shell command that writes a file from its stdin: in a private folder beside its place, with owner
 * and mode before the content, checked against the checksum, then renamed into its place. So at no moment
 * is it more readable than it will be, nobody sees half of it, and whoever may write to the folder cannot
 * turn the write on something else. What is left of a failed write is removed.
 * @param size bytes of the content; one of some MiB is held against its checksum by openssl where there is one, which
 * takes a quarter of the time
 */
export function putScript(step: PutStep, sha256: string, size = 0): Command {
  const { path, mode } = step;
  const owners = ownership(step);
  const chown = owners === '' ? sh`` : sh`chown -h ${owners} "./$n" && `;
  const fast = size < largeFrom ? sh`` : sh`s=$(openssl dgst -sha256 -r <"./$n" 2>/dev/null) || `;
  // Moved into a folder and not onto a path, so that a link that is there is replaced and never followed.
  return sh`${inPrivateFolder(path)}
[ ! -d "../$n" ] || { echo ${`${path} is a directory`} >&2; exit 1; }
set -C
true >"./$n" || exit 1
made=1
${chown}chmod ${mode} "./$n" && cat >>"./$n" || exit 1
${fast}s=$(sha256sum <"./$n") || exit 1
case $s in
  ${sha256}*) ;;
  *) echo 'the content did not arrive whole' >&2; exit 1 ;;
esac
mv -f "./$n" ../`;
}
