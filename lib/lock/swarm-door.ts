import { DabookError } from '../errors.ts';
import type { DockerRequest, DockerResponse } from '../transport/session.ts';

/** Asks the Docker Engine of one host, with the rights that it takes. */
export type AskEngine = (request: DockerRequest) => Promise<DockerResponse>;

/** A way into a swarm: one of the hosts that manage it. */
export interface SwarmDoor {
  /** The host, for messages. */
  readonly host: string;
  readonly ask: AskEngine;
  /** Id of the swarm. */
  readonly swarm: string;
  /** Id of the host's node in it. A host that leaves and joins again has another one. */
  readonly node: string;
}

/** The part of the Engine's answer that is read here. `/swarm` would tell it too, and the join tokens with it. */
interface InfoAnswer {
  readonly Swarm?: {
    readonly LocalNodeState?: string;
    readonly ControlAvailable?: boolean;
    readonly NodeID?: string;
    readonly Error?: string;
    readonly Cluster?: { readonly ID?: string } | null;
  };
}

/**
 * Looks whether a host manages a swarm: one request.
 * @returns undefined where it does not
 * @throws DabookError `command` where it does but cannot answer for it, as a manager without a leader; and what
 * `ask` throws
 */
export async function findSwarmDoor(host: string, ask: AskEngine): Promise<SwarmDoor | undefined> {
  const { Swarm: info = {} } = await infoOf(host, ask);
  if (!info.ControlAvailable) return undefined;
  const swarm = info.Cluster?.ID;
  if (swarm && info.NodeID) return { host, ask, swarm, node: info.NodeID };
  throw new DabookError(
    'command',
    `${host} manages a swarm that does not answer: ${info.Error || 'it does not say why'}`,
    { hint: 'bring more of its managers back; without most of them nothing can be written there' },
  );
}

/**
 * What a door leads to by now. `left`: for certain not to that swarm, whether its host is in none or in another
 * one. `unclear`: a demoted manager, one on its way, locked or without a leader; its swarm may well live on.
 */
export async function standOf({
  host,
  ask,
  swarm,
  node,
}: SwarmDoor): Promise<'manager' | 'left' | 'unclear'> {
  const { Swarm: info = {} } = await infoOf(host, ask);
  if (info.LocalNodeState === 'inactive') return 'left';
  if (info.Cluster?.ID) return info.Cluster.ID === swarm ? 'manager' : 'left';
  if (info.LocalNodeState === 'active' && info.NodeID && info.NodeID !== node) return 'left';
  return 'unclear';
}

async function infoOf(host: string, ask: AskEngine): Promise<InfoAnswer> {
  const { status, body } = await ask({ method: 'GET', path: '/info' });
  const info = status === 200 ? infoIn(body) : undefined;
  if (info !== undefined) return info;
  throw new DabookError('command', `the Docker Engine of ${host} answered ${status} to what it is in`, {
    hint: 'try it there: docker info',
  });
}

/** Nothing where it is no JSON of that shape. */
function infoIn(body: Buffer): InfoAnswer | undefined {
  try {
    const info: unknown = JSON.parse(body.toString());
    return typeof info === 'object' && info !== null ? (info as InfoAnswer) : undefined;
  } catch {
    return undefined;
  }
}
