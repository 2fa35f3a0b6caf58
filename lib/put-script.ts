import { dirname } from 'node:path/posix';
import { type Command, sh } from './sh.ts';
import type { PutStep } from './step.ts';

/**
 * The shell command that writes a file from its stdin: beside its place, with owner and mode before the
 * content, checked against the checksum, then renamed over it. So at no moment is it more readable than
 * it will be, and nobody sees half of it. What is left of a failed write is removed.
 */
export function putScript(step: PutStep, sha256: string): Command {
  const { path, mode, owner, group } = step;
  const owners = group === undefined ? (owner ?? '') : `${owner ?? ''}:${group}`;
  const chown = owners === '' ? sh`:` : sh`chown ${owners} "$t"`;
  return sh`umask 077
[ ! -d ${path} ] || { echo ${`${path} is a directory`} >&2; exit 1; }
t=$(mktemp ${`${dirname(path)}/.dabook.XXXXXXXXXX`}) || exit 1
trap 'rm -f "$t"' EXIT
trap 'exit 1' HUP INT TERM
${chown} && chmod ${mode} "$t" && cat >"$t" || exit 1
s=$(sha256sum <"$t") || exit 1
case $s in
  ${sha256}*) ;;
  *) echo 'the content did not arrive whole' >&2; exit 1 ;;
esac
mv -f "$t" ${path}`;
}
