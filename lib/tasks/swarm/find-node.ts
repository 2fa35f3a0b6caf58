import { refuse } from '../../refuse.ts';
import type { NodeId, SwarmNode } from './swarm-node.ts';

/** What is known of the node that is looked for: all that is given must fit. */
export interface NodeQuery {
  readonly id?: NodeId;
  readonly address?: string;
  readonly hostname?: string;
}

/**
 * The one node that fits. Where a host joined more than once, the node that is ready is meant, and not
 * what is left of its former ones.
 * @returns undefined when none fits
 * @throws DabookError `refused` when several nodes fit and it cannot be told which is meant
 * @example const node = findNode(await manager.read(nodes), { address: worker.vars.ip })
 */
export function findNode(all: readonly SwarmNode[], query: NodeQuery): SwarmNode | undefined {
  const { id, address, hostname } = query;
  const fitting = all.filter(
    (node) =>
      (id === undefined || node.id === id) &&
      (address === undefined || node.address === address || ownAddress(node) === address) &&
      (hostname === undefined || node.hostname === hostname),
  );
  if (fitting.length < 2) return fitting[0];
  const ready = fitting.filter(({ state }) => state === 'ready');
  if (ready.length === 1) return ready[0];
  const names = fitting.map((node) => `${node.id} (${node.hostname}, ${node.address}, ${node.state})`);
  throw refuse(
    `several nodes fit ${JSON.stringify(query)}: ${names.join(', ')}`,
    'look for it by id, or remove those that are gone: nodeRemove',
  );
}

/** A manager may list itself as 0.0.0.0; where it is joined is its real address then. */
function ownAddress({ manager }: SwarmNode): string | undefined {
  return manager?.address.replace(/:\d+$/, '');
}
