import { DabookError } from '../errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { createHiding } from './hide-vars.ts';
import type { Inventory } from './inventory.ts';
import { sortedJson } from './sorted-json.ts';

/**
 * The variables of one host as JSON, as `ansible-inventory --host` prints them. Secrets show their label, and what is
 * named like a password nothing.
 * @throws DabookError `usage` where there is no such host
 */
export function showHost(inventory: Inventory, name: string): string {
  const host = inventory.hosts.find((each) => each.name === name);
  if (host !== undefined) return sortedJson(createHiding()(host.vars));
  const names = inventory.hosts.map((each) => each.name);
  throw new DabookError('usage', `the inventory has no host "${name}"`, { hint: didYouMean(name, names) });
}
