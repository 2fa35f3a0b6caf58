import {
  type ConstrainedNode,
  nameOf,
  parseConstraint,
  satisfies,
  satisfiesAll,
  showConstraint,
} from './constraint.ts';

/** What keeps every node from taking a service, whether the node is up or not; empty where one may take it. */
export function unsatisfiedConstraints(
  constraints: readonly string[],
  nodes: readonly ConstrainedNode[],
): readonly string[] {
  if (nodes.some((node) => satisfiesAll(node, constraints))) return [];
  const parsed = constraints.flatMap((text) => parseConstraint(text) ?? []);
  const alone = parsed.filter((constraint) => !nodes.some((node) => satisfies(node, constraint)));
  if (alone.length === 0) return [`no node satisfies all of ${parsed.map(showConstraint).join(', ')}`];
  return alone.map((constraint) => {
    const label = /^node\.labels\.(.+)$/.exec(constraint.key)?.[1];
    const values = label === undefined ? [] : nodes.flatMap((node) => labelledAs(node, label));
    if (label === undefined) return `no node satisfies ${showConstraint(constraint)}`;
    return values.length === 0
      ? `no node has the label ${label} (${showConstraint(constraint)})`
      : `no node satisfies ${showConstraint(constraint)}: ${values.join(', ')}`;
  });
}

function labelledAs(node: ConstrainedNode, label: string): readonly string[] {
  const value = node.Spec.Labels?.[label];
  return value === undefined ? [] : [`${label} is '${value}' on ${nameOf(node)}`];
}
