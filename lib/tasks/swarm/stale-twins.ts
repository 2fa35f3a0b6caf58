import type { SwarmNode } from './swarm-node.ts';

/** Addresses that say nothing about which host a node is. */
const nowhere = new Set(['', '0.0.0.0', '::', '127.0.0.1', '::1']);

/**
 * What a node's host left behind when it joined anew: nodes that are Down and have its hostname or its
 * address, but another id.
 * @example await manager.run(staleTwins(all, node).map(({ id }) => nodeRemove({ node: id })))
 */
export function staleTwins(
  all: readonly SwarmNode[],
  node: Pick<SwarmNode, 'id' | 'hostname' | 'address'>,
): readonly SwarmNode[] {
  return all.filter(
    ({ id, state, hostname, address }) =>
      state === 'down' &&
      id !== node.id &&
      ((hostname !== '' && hostname === node.hostname) ||
        (!nowhere.has(address) && address === node.address)),
  );
}
