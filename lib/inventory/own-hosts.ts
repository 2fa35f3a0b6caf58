import type { Inventory, InventoryGroup } from './inventory.ts';

/** The hosts of a group that are in none of its children. */
export function ownHosts(inventory: Inventory, group: InventoryGroup): readonly string[] {
  const below = new Set(group.children.flatMap((child) => inventory.groups.get(child)?.hosts ?? []));
  return group.hosts.filter((host) => !below.has(host));
}
