import type { ConstrainedNode } from '../../../lib/compose/constraint.ts';
import { type ModelNode, type ModelSwarm, managersOf } from './world.ts';

/** A node as the Engine API lists it. */
export function nodeAnswer(node: ModelNode, swarm: ModelSwarm): object {
  const leader = managersOf(swarm).find(({ reachable }) => reachable);
  return {
    ...constrainedNode(node),
    Version: { Index: node.version },
    Spec: { Name: node.name, Labels: node.labels, Role: node.role, Availability: node.availability },
    ...(node.role === 'manager'
      ? {
          ManagerStatus: {
            Addr: `${node.address}:2377`,
            Reachability: node.reachable ? 'reachable' : 'unreachable',
            Leader: node === leader,
          },
        }
      : {}),
  };
}

/** What placement constraints look at. */
export function constrainedNode(node: ModelNode): ConstrainedNode {
  return {
    ID: node.id,
    Spec: { Role: node.role, Availability: node.availability, Labels: node.labels },
    Status: { State: node.state, Addr: node.address },
    Description: { Hostname: node.hostname, Platform: { OS: 'linux', Architecture: 'x86_64' } },
  };
}
