import { bulk } from '../../bulk.ts';
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
  return fact<Account>({ key: [kind, name], read: (ask) => ask.bulk(accounts, `${kind} ${name}`) });
}

/**
 * The numbers of `user NAME` or `group NAME`. Each is asked for by itself, since a directory service may answer by
 * another name. Its groups are found by getent only, which a small system may not have.
 */
const accounts = bulk(async (ask, questions): Promise<readonly Account[]> => {
  const { stdout } = await ask.sh(sh`if command -v getent >/dev/null; then
  group() { getent group "$1" | { IFS=: read -r _ _ id _ && echo "$id"; }; }
else
  group() { while IFS=: read -r name _ id _; do [ "$name" != "$1" ] || echo "$id"; done </etc/group; }
fi
for a in ${questions}; do
  case $a in
    'user '*) id -u "\${a#* }" 2>/dev/null ;;
    *) group "\${a#* }" ;;
  esac
  echo .
done`);
  const answers = stdout.split('.\n');
  return questions.map((_question, index) => {
    const number = answers[index]?.trim() ?? '';
    return /^\d+$/.test(number) ? { id: Number(number) } : {};
  });
});
