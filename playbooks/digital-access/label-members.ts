import type { Later, Task } from 'dabook';
import { labelNode, type NodeId } from 'dabook/tasks';
import { labelsNotOf, labelsOf } from './labels.ts';
import type { Service } from './service.ts';
import { onHost } from './site.ts';

/** A host that is a node of the manager's swarm. */
export interface Member {
  readonly host: { readonly name: string };
  readonly nodeId: Later<NodeId>;
}

/** The tasks, for the manager, that give every node the labels of its services, and take those of others off it. */
export function labelMembers(
  members: readonly Member[],
  services: readonly Service[],
): readonly Task<unknown>[] {
  return members.map(({ host, nodeId }) =>
    labelNode({
      node: nodeId,
      name: host.name,
      labels: labelsOf(onHost(services, host)),
      remove: labelsNotOf(onHost(services, host), services),
    }),
  );
}
