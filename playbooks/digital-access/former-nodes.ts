import { isKnown, type Later } from 'dabook';
import { findNode, type NodeId, type SwarmNode, staleTwins } from 'dabook/tasks';

/** What is left in a swarm's list of nodes of a host's former membership: Down, under another id than it has now. */
export function formerNodes(
  all: readonly SwarmNode[],
  { nodeId, address }: { readonly nodeId: Later<NodeId> | undefined; readonly address: string },
): readonly SwarmNode[] {
  const id = nodeId !== undefined && isKnown(nodeId) ? nodeId : '';
  return staleTwins(all, { id, address, hostname: findNode(all, { id })?.hostname ?? '' });
}
