import { type Fact, fact } from '../../fact.ts';
import { sh } from '../../sh.ts';

/** Who has a user's and a group's number on a host. */
export interface AccountsById {
  /** Name; none where the number is free. */
  readonly user?: string;
  readonly group?: string;
}

/**
 * Who has these numbers on a host, by its directory service too where it has getent.
 * @example const { user } = await host.read(accountsById({ uid: 1003, gid: 1003 }))
 */
export function accountsById({
  uid,
  gid,
}: {
  readonly uid: number;
  readonly gid: number;
}): Fact<AccountsById> {
  return fact<AccountsById>({
    key: ['accounts by id', uid, gid],
    read: async (ask) => {
      // A name may look like a number: the line that was found is to have it in its third place.
      const { stdout } = await ask.sh(sh`named() {
  while IFS=: read -r name _ id _; do
    if [ "$id" = "$3" ]; then echo "$1 $name"; break; fi
  done
}
look() {
  if command -v getent >/dev/null; then getent "$2" "$3" | named "$@"; else named "$@" <"/etc/$2"; fi
}
look user passwd ${uid}
look group group ${gid}
:`);
      const [, user] = /^user (.+)$/m.exec(stdout) ?? [];
      const [, group] = /^group (.+)$/m.exec(stdout) ?? [];
      return { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) };
    },
  });
}
