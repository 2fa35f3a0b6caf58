import type { Ask } from '../../fact.ts';
import { sh } from '../../sh.ts';

/** Where a path of a folder leads. */
export interface FolderFound {
  /** The folder itself, by a path without links, `.` and `..`; none where there is no folder. */
  readonly path?: string;
  /** A symbolic link on the way that somebody else could have put there: not of root or this user, or in a folder of such. */
  readonly strangeLink?: string;
}

/**
 * Follows a path from the root folder on, one name at a time, links included. The system's own ones, such as
 * `/var/run`, are as good as folders; through anybody else's root would work wherever that one likes.
 */
export async function folderOnTheWay(ask: Ask, folder: string): Promise<FolderFound> {
  const { stdout } = await ask.sh(
    sh`me= rest=${folder}/ at= links=0 strange=
own() {
  me=\${me:-$(id -u)}
  u=$(stat -c %u "$1") && { [ "$u" = 0 ] || [ "$u" = "$me" ]; }
}
while [ -n "$rest" ]; do
  name=\${rest%%/*} rest=\${rest#*/}
  case $name in
    '' | .) continue ;;
    ..) at=\${at%/*}; continue ;;
  esac
  if [ ! -L "$at/$name" ]; then at=$at/$name; continue; fi
  links=$((links + 1))
  [ $links -le 40 ] || exit 0
  [ -n "$strange" ] || { own "$at/$name" && own "$at/"; } || strange=$at/$name
  to=$(readlink "$at/$name") || exit 0
  case $to in /*) at= ;; esac
  rest=$to/$rest
done
[ -d "$at/" ] || exit 0
printf '%s\\0%s\\0' "\${at:-/}" "$strange"`,
  );
  const [path = '', strangeLink = ''] = stdout.split('\0');
  return { ...(path === '' ? {} : { path }), ...(strangeLink === '' ? {} : { strangeLink }) };
}
