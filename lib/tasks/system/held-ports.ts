import { type Fact, fact } from '../../fact.ts';
import { Command, sh } from '../../sh.ts';

/**
 * A shell function: whether a program has a socket like `tcp/4/443`, of either version, as most of those of version 6
 * serve both.
 */
export const heldSocket = new Command(`held() {
  held_port=$(printf %04X "\${1##*/}")
  case $1 in tcp/*) held_state=0A;; *) held_state=07;; esac
  grep -qs ":$held_port [0:]* $held_state" "/proc/net/\${1%%/*}" "/proc/net/\${1%%/*}6"
}`);

/** Which of these ports of a host some program has: `443/tcp`, `53/udp`. Takes no rights. */
export function heldPorts(ports: readonly string[]): Fact<ReadonlySet<string>> {
  return fact<ReadonlySet<string>>({
    key: ['held ports', ...ports],
    read: async (ask) => {
      const { stdout } = await ask.sh(sh`${heldSocket}
for port in ${ports}; do
  if held "\${port#*/}/4/\${port%%/*}"; then echo "$port"; fi
done`);
      return new Set(stdout.split('\n').filter((port) => ports.includes(port)));
    },
  });
}
