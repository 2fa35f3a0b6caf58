import type { Role } from './join-token.ts';

/** The id that the swarm gave a node when it joined. A node that joins again has a new one. */
export type NodeId = string;

/** Labels of a node, as placement constraints see them: `node.labels.NAME == VALUE`. Values are texts. */
export type Labels = Readonly<Record<string, string>>;

/** A node as the managers of its swarm list it. */
export interface SwarmNode {
  readonly id: NodeId;
  readonly hostname: string;
  /** IP address as the managers see it; `0.0.0.0` for the manager itself on some engines. */
  readonly address: string;
  /** The role it should have; a change of it takes a moment to come into force. */
  readonly role: Role;
  /** `down` once it has not been heard of; stays so for ever when the node left. */
  readonly state: 'unknown' | 'down' | 'ready' | 'disconnected';
  readonly availability: 'active' | 'pause' | 'drain';
  readonly labels: Labels;
  /** Counts every write to the node, heartbeats included; an update must name it. */
  readonly version: number;
  /** A name given to the node in its spec; almost never set. */
  readonly name?: string;
  /** Managers only. */
  readonly manager?: {
    /** Where nodes join and managers talk: `10.0.0.1:2377`. */
    readonly address: string;
    readonly reachable: boolean;
    readonly leader: boolean;
  };
}

/** The part of the Engine API's node that is read here. */
export interface NodeAnswer {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name?: string;
    readonly Labels?: Labels | null;
    readonly Role: Role;
    readonly Availability: SwarmNode['availability'];
  };
  readonly Description?: { readonly Hostname?: string };
  readonly Status?: { readonly State?: SwarmNode['state']; readonly Addr?: string };
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability?: string;
    readonly Addr?: string;
  } | null;
}

/** The Engine API's node as {@link SwarmNode}. */
export function swarmNode(answer: NodeAnswer): SwarmNode {
  const { Spec: spec, ManagerStatus: manager } = answer;
  return {
    id: answer.ID,
    hostname: answer.Description?.Hostname ?? '',
    address: answer.Status?.Addr ?? '',
    role: spec.Role,
    state: answer.Status?.State ?? 'unknown',
    availability: spec.Availability,
    labels: spec.Labels ?? {},
    version: answer.Version.Index,
    ...(spec.Name ? { name: spec.Name } : {}),
    ...(manager
      ? {
          manager: {
            address: manager.Addr ?? '',
            reachable: manager.Reachability === 'reachable',
            leader: manager.Leader === true,
          },
        }
      : {}),
  };
}
