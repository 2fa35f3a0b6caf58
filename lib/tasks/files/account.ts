import { type Fact, fact } from '../../fact.ts';
import { sh } from '../../sh.ts';

/** A user or a group of a host. */
export interface Account {
  /** Its number; none where the host has no such account. */
  readonly id?: number;
}

/**
 * A user or a group of a host, by name.
 * @example const { id } = await host.read(account('user', 'nexus'))
 */
export function account(kind: 'user' | 'group', name: string): Fact<Account> {
  return fact<Account>({
    key: [kind, name],
    read: async (ask) => {
      const { stdout } = await ask.sh(
        kind === 'user' ? sh`id -u ${name} 2>/dev/null || :` : groupNumber(name),
      );
      const number = stdout.trim();
      return /^\d+$/.test(number) ? { id: Number(number) } : {};
    },
  });
}

/** Groups of a directory service are found by getent only, which a small system may not have. */
function groupNumber(name: string) {
  return sh`n=${name}
if command -v getent >/dev/null; then
  getent group "$n" | { IFS=: read -r _ _ id _ && echo "$id"; }
else
  while IFS=: read -r name _ id _; do [ "$name" != "$n" ] || echo "$id"; done </etc/group
fi
:`;
}
