import { type Fact, fact } from '../../fact.ts';
import type { Foreseen } from '../../task.ts';
import { type NodeSpec, nodeSpec } from './node-spec.ts';

/**
 * What earlier tasks of this check make of the nodes of the swarm that this host manages, those that are yet to join
 * included: one entry a node. None in an apply.
 */
export const foreseenNodes: Fact<readonly NodeSpec[]> = fact<readonly NodeSpec[]>({
  key: ['foreseen nodes'],
  read: async () => [],
});

/** What follows from a task that leaves a node like that. */
export function foreseeNode(node: NodeSpec): readonly Foreseen[] {
  return [
    { fact: nodeSpec(node.id), state: node },
    {
      fact: foreseenNodes,
      next: (before = []) => [...(before as readonly NodeSpec[]).filter(({ id }) => id !== node.id), node],
    },
  ];
}
