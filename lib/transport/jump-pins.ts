import type { HostKeyPin, Target } from './session.ts';

/** The host keys that the inventory pins for a jump host; undefined where it is none of its hosts, or has none. */
export type JumpPins = (hop: Target) => readonly HostKeyPin[] | undefined;

/**
 * Finds jump hosts among the hosts of an inventory: by their names and addresses, and by their ports where both say one.
 * Where one address is several hosts', the key may be any one's.
 */
export function jumpPins(targets: readonly Target[]): JumpPins {
  const byName = new Map<string, Target[]>();
  for (const target of targets) {
    if (!target.hostKeys) continue;
    for (const name of new Set([target.name.toLowerCase(), target.address.toLowerCase()])) {
      byName.set(name, [...(byName.get(name) ?? []), target]);
    }
  }
  return ({ address, port }) => {
    const same = (byName.get(address.toLowerCase()) ?? []).filter(
      (target) => port === undefined || target.port === undefined || port === target.port,
    );
    return same.length === 0 ? undefined : same.flatMap(({ hostKeys }) => hostKeys ?? []);
  };
}
