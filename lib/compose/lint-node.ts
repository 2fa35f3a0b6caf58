import type { ConstrainedNode } from './constraint.ts';

/** A node of the swarm as it will be, for the lint of compose files. */
export interface LintNode {
  /** For people. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  // A constraint on one of these is looked at when all nodes have it.
  readonly hostname?: string | undefined;
  readonly id?: string | undefined;
  readonly role?: 'manager' | 'worker' | undefined;
  readonly address?: string | undefined;
}

/** The node as constraints see it. */
export function constrainedNode({
  name,
  labels,
  hostname,
  id,
  role = 'worker',
  address = '',
}: LintNode): ConstrainedNode {
  return {
    ID: id ?? name,
    Spec: { Role: role, Availability: 'active', Labels: labels },
    Status: { State: 'ready', Addr: address },
    Description: { Hostname: hostname ?? name },
  };
}

const attributes: Readonly<Record<string, keyof LintNode>> = {
  'node.id': 'id',
  'node.hostname': 'hostname',
  'node.role': 'role',
  'node.ip': 'address',
};

/** Whether enough is known of the nodes to tell who satisfies a constraint on that. */
export function isDecidable(key: string, nodes: readonly LintNode[]): boolean {
  if (/^node\.labels\./i.test(key)) return true;
  const attribute = attributes[key.toLowerCase()];
  return attribute !== undefined && nodes.every((node) => node[attribute] !== undefined);
}
