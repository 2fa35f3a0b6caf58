import type { Inventory } from '../inventory/inventory.ts';
import type { Secret } from '../secret.ts';

/** The inventory, with a sudo password for the hosts that have none of their own. */
export function withBecomePassword(inventory: Inventory, becomePassword: Secret): Inventory {
  const hosts = inventory.hosts.map((host) =>
    host.target.becomePassword ? host : { ...host, target: { ...host.target, becomePassword } },
  );
  return { ...inventory, hosts };
}
