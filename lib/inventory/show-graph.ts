import { DabookError } from '../errors.ts';
import { visible } from '../visible.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Inventory } from './inventory.ts';
import { ownHosts } from './own-hosts.ts';

/**
 * Groups and hosts as a tree, as `ansible-inventory --graph` prints it.
 * @param from the group to start at; `all` by default
 * @throws DabookError `usage` where there is no such group
 */
export function showGraph(inventory: Inventory, from = 'all'): string {
  if (!inventory.groups.has(from)) {
    const hint = didYouMean(from, inventory.groups.keys());
    throw new DabookError('usage', `the inventory has no group "${from}"`, { hint });
  }
  return Array.from(linesOf(inventory, from, 0)).join('\n');
}

function* linesOf(inventory: Inventory, name: string, depth: number): Generator<string> {
  const group = inventory.groups.get(name);
  if (group === undefined) return;
  yield line(`@${name}:`, depth);
  for (const child of group.children) yield* linesOf(inventory, child, depth + 1);
  for (const host of ownHosts(inventory, group)) yield line(host, depth + 1);
}

function line(text: string, depth: number): string {
  return depth === 0 ? visible(text) : `${'  |'.repeat(depth)}--${visible(text)}`;
}
