import { basename, dirname } from 'node:path/posix';
import { atEnd } from './at-end.ts';
import { type Command, sh } from './sh.ts';
import { refuseStrangeLink } from './strange-link.ts';

/**
 * The beginning of a script that works on the file at a path from a folder beside it which nobody else
 * can enter. Whoever may write to the file's own folder could otherwise put a link in the place of what
 * is worked on between two commands, and have root change what the link points to.
 *
 * Afterwards the script is in that folder; `./$n` is the file's name there, `../$n` the file itself: both
 * stay what they are even when folders above are renamed. Who makes `./$n` sets `made=1`, so that it is
 * removed with the folder at any end. Names begin with `./` or `../`, so none is taken for an option.
 */
export function inPrivateFolder(path: string): Command {
  const folder = dirname(path);
  const template = `${folder === '/' ? '' : folder}/.dabook.XXXXXXXXXX`;
  // In a folder that hands its group on (set-group-ID), the new one does so too: mode 2700.
  // The name is compared as well: a link in the folder's place could lead to another private folder of ours.
  return sh`umask 077
n=${basename(path)} made=
d=$(mktemp -d ${template}) || exit 1
${atEnd(sh`rmdir "$d"`)}
cd -P "$d" || exit 1
case $(stat -c %u:%a .):$(pwd -P) in
  "$(id -u)":700:*/"\${d##*/}" | "$(id -u)":2700:*/"\${d##*/}") ;;
  *) echo ${`somebody put another folder in the place of one that was made in ${folder}`} >&2; exit 1 ;;
esac
${atEnd(sh`[ -z "$made" ] || rm -rf "./$n"; rmdir "../\${d##*/}"`)}
w=\${PWD%/*}
w=\${w:-/}
${refuseStrangeLink(path, folder, sh`$w`)}`;
}
