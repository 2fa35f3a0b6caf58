import { codeOf, type DabookError, messageOf } from '../../errors.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { isKnown, type Later } from '../../unknown.ts';
import type { Role } from './join-token.ts';
import { joiningHostname } from './joining-node.ts';
import { swarmMembership } from './swarm-membership.ts';
import { type Labels, type NodeAnswer, type NodeId, type SwarmNode, swarmNode } from './swarm-node.ts';

/** A node as a manager lists it; its id may be one that only an apply can know. */
export interface NodeSpec {
  readonly id: Later<NodeId>;
  /** False when the swarm has no such node, or no longer. */
  readonly listed: boolean;
  readonly labels: Labels;
  readonly hostname?: string;
  readonly address?: string;
  readonly state?: SwarmNode['state'];
  readonly role?: Role;
  readonly availability?: SwarmNode['availability'];
  readonly version?: number;
  readonly name?: string;
  readonly manager?: NonNullable<SwarmNode['manager']>;
}

/**
 * A node of the swarm, read at a manager by its id. A node that is only foreseen has no labels.
 * @throws DabookError `refused` when what was given is not an id, and where the host manages no swarm
 */
export function nodeSpec(id: Later<NodeId>): Fact<NodeSpec> {
  return fact<NodeSpec>({
    key: ['swarm node', id],
    whenUnknown: () => yetToJoin(id),
    read: async (ask) => {
      if (!isKnown(id)) return yetToJoin(id);
      if (!(await mayList(ask, id))) return { id, listed: false, labels: {} };
      const answer = await ask.docker<NodeAnswer>(`/nodes/${encodeURIComponent(id)}`).catch((error) => {
        throw isNoManager(error) ? noManager(ask.host, id) : error;
      });
      if (answer === undefined) return { id, listed: false, labels: {} };
      // The Engine takes a hostname too, but several nodes may have it: the host's former selves.
      if (answer.ID !== id) {
        throw refuse(
          `${id} is not the id of a node`,
          `its id is ${answer.ID}: take ids from swarmJoin or findNode`,
        );
      }
      return { ...swarmNode(answer), listed: true };
    },
  });
}

/** A node as check mode foresees it that is yet to join. */
function yetToJoin(id: Later<NodeId>): NodeSpec {
  const hostname = joiningHostname(id);
  return { id, listed: true, labels: {}, ...(hostname === undefined ? {} : { hostname }) };
}

/** Whether a swarm that check mode foresees for this host has the node at all; the Engine answers for the one that is. */
async function mayList(ask: Ask, id: NodeId): Promise<boolean> {
  if (!ask.foreseen(swarmMembership)) return true;
  const { role, nodes } = await ask.fact(swarmMembership);
  if (role !== 'manager') throw noManager(ask.host, id);
  return nodes === undefined || nodes.some((node) => node.id === id);
}

function isNoManager(error: unknown): boolean {
  return codeOf(error) === 'command' && /not a swarm manager/.test(messageOf(error));
}

function noManager(host: string, id: NodeId): DabookError {
  return refuse(`${host} manages no swarm, and cannot be asked for node ${id}`, 'ask a manager of its swarm');
}
