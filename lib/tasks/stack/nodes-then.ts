import type { ConstrainedNode } from '../../compose/constraint.ts';
import type { Ask } from '../../fact.ts';
import { isKnown, type Unknown } from '../../unknown.ts';
import { foreseenNodes } from '../swarm/foreseen-nodes.ts';
import type { NodeSpec } from '../swarm/node-spec.ts';

/** The nodes that services are placed on: in check mode with what earlier tasks make of them, and those yet to join. */
export async function nodesThen(
  ask: Ask,
  live: readonly ConstrainedNode[],
): Promise<readonly ConstrainedNode[]> {
  const foreseen = await ask.fact(foreseenNodes);
  const there = live.flatMap((node) => {
    const then = foreseen.find(({ id }) => id === node.ID);
    if (then === undefined) return node;
    return then.listed ? { ...node, Spec: specThen(then, node.Spec) } : [];
  });
  const joining = foreseen.flatMap((then) => (isKnown(then.id) ? [] : joiningNode(then.id, then)));
  return [...there, ...joining];
}

function joiningNode({ id }: Unknown, then: NodeSpec): ConstrainedNode {
  return {
    // Nobody has it as a node's id: it tells one that is yet to join from the others.
    ID: id,
    isJoining: true,
    Spec: specThen(then),
    Status: { State: 'ready' },
    ...(then.hostname === undefined ? {} : { Description: { Hostname: then.hostname } }),
  };
}

function specThen(
  { labels, availability, role }: NodeSpec,
  now?: ConstrainedNode['Spec'],
): ConstrainedNode['Spec'] {
  return {
    Role: role ?? now?.Role ?? 'worker',
    Availability: availability ?? now?.Availability ?? 'active',
    Labels: labels,
  };
}
