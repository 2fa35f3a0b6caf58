import { findNode, type Membership } from 'dabook/tasks';
import { labelsNotOf, labelsOf } from './labels.ts';
import type { Service } from './service.ts';

/** An installation, as far as its nodes go. */
export interface NodesInput {
  readonly manager: { readonly name: string };
  readonly services: readonly Service[];
  readonly hosts: readonly { readonly name: string; readonly vars: { readonly ip: string } }[];
}

/**
 * The nodes with the labels that they will have. Labels of the operator's own outlive the run on nodes that are
 * members; one that is yet to join begins without any.
 * @param membership the manager's
 */
export function nodesToBe({ manager, services, hosts }: NodesInput, membership: Membership) {
  const { nodeId, nodes: members = [] } = membership;
  return hosts.map(({ name, vars: { ip } }) => {
    const isManager = name === manager.name;
    const carried = services.filter(({ node }) => node === name);
    const unwanted = labelsNotOf(carried, services);
    const ready = members.filter(({ state }) => state === 'ready');
    const member = isManager ? members.find(({ id }) => id === nodeId) : findNode(ready, { address: ip });
    const kept = Object.entries(member?.labels ?? {}).filter(([label]) => !unwanted.includes(label));
    return {
      name,
      role: isManager ? ('manager' as const) : ('worker' as const),
      address: ip,
      labels: { ...Object.fromEntries(kept), ...labelsOf(carried) },
    };
  });
}
