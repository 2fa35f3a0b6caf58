import type { ServiceSpec } from '../../../lib/compose/service-spec.ts';
import type { EngineNetwork, EngineService, EngineTask } from '../../../lib/tasks/stack/engine-objects.ts';

/** Hosts and swarms as data: what is changed by a call of an Engine, and what its questions are answered from. */
export interface World {
  readonly hosts: Record<string, ModelHost>;
  /** By the ids of clusters. */
  readonly swarms: Record<string, ModelSwarm>;
  /** Counts the writes. Also makes ids that were never used before. */
  index: number;
  /** Changes what is yet to pass of itself: from the second look on. */
  looks: number;
}

export interface ModelHost {
  readonly hostname: string;
  readonly address: string;
  /** As the Engine names it; of an active one the role follows from the swarm. */
  state: 'inactive' | 'pending' | 'active' | 'error' | 'locked';
  swarm?: string | undefined;
  nodeId?: string | undefined;
  /** Files of the host by their paths. */
  readonly files: Record<string, string>;
  /** Names of networks of this engine alone. */
  readonly localNetworks: readonly string[];
}

export interface ModelNode {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  role: 'manager' | 'worker';
  state: 'ready' | 'down' | 'unknown' | 'disconnected';
  availability: 'active' | 'pause' | 'drain';
  labels: Record<string, string>;
  name: string;
  version: number;
  /** Of managers: whether the others reach it. */
  reachable: boolean;
}

export interface ModelSwarm {
  readonly id: string;
  readonly nodes: Record<string, ModelNode>;
  readonly services: Record<string, ModelService>;
  readonly networks: Record<string, EngineNetwork>;
  readonly secrets: Record<string, ModelFile>;
  readonly configs: Record<string, ModelFile>;
  tasks: EngineTask[];
}

/** A service of which all can be written. */
export type ModelService = { -readonly [K in keyof EngineService]: EngineService[K] } & { Spec: ServiceSpec };

export interface ModelFile {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Name: string; readonly Labels: Record<string, string>; readonly Data: string };
}

/** An answer of an Engine that is an error. */
export class EngineFault extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The next number of a world. */
export function next(world: World): number {
  world.index += 1;
  return world.index;
}

/** The swarm that a host manages; none where it manages none. */
export function managedBy(world: World, host: ModelHost): ModelSwarm | undefined {
  if (host.state !== 'active') return undefined;
  const swarm = world.swarms[host.swarm ?? ''];
  return swarm?.nodes[host.nodeId ?? '']?.role === 'manager' ? swarm : undefined;
}

export function managersOf(swarm: ModelSwarm): readonly ModelNode[] {
  return Object.values(swarm.nodes).filter(({ role }) => role === 'manager');
}

/** All of a world but what passes of itself: what a run that changes nothing leaves alone. */
export function seen({ looks: _, swarms, ...world }: World): unknown {
  const settled = Object.values(swarms).map(({ services, ...swarm }) => ({
    ...swarm,
    services: Object.values(services).map(({ UpdateStatus: __, ...service }) => service),
  }));
  return structuredClone({ ...world, swarms: settled });
}
