import { isKnown, type Later } from 'dabook';
import { findNode, type NodeId, type SwarmNode, staleTwins } from 'dabook/tasks';

/**
 * What is left in a swarm's list of nodes of a host's former membership, under another id than it has now. Whoever has
 * its address is one, Down or not yet: it takes the managers a while to miss a node that left.
 */
export function formerNodes(
  all: readonly SwarmNode[],
  { nodeId, address }: { readonly nodeId: Later<NodeId> | undefined; readonly address: string },
): readonly SwarmNode[] {
  const id = nodeId !== undefined && isKnown(nodeId) ? nodeId : '';
  const down = staleTwins(all, { id, address, hostname: findNode(all, { id })?.hostname ?? '' });
  return all.filter((node) => down.includes(node) || (node.id !== id && node.address === address));
}
