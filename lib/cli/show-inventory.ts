import { showGraph } from '../inventory/show-graph.ts';
import { showHost } from '../inventory/show-host.ts';
import { showList } from '../inventory/show-list.ts';
import type { Io } from './io.ts';
import { readInventory } from './read-inventory.ts';
import { withCache } from './with-cache.ts';

/** What is shown of an inventory: one host, the groups as a tree, or else everything. */
export interface Shown {
  readonly inventory: readonly string[];
  readonly graph?: true;
  readonly host?: string;
}

/**
 * Reads an inventory and writes what it says to stdout.
 * @throws DabookError `inventory` with all its faults
 */
export async function showInventory(io: Io, { inventory, graph, host }: Shown): Promise<void> {
  const loaded = await withCache(io, (cache) => readInventory(io, { inventory }, cache));
  const text = host ? showHost(loaded, host) : graph ? showGraph(loaded) : showList(loaded);
  io.stdout.write(`${text.trimEnd()}\n`);
}
