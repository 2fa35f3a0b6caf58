import type { ConstrainedNode } from '../../compose/constraint.ts';
import { namespaceLabel } from '../../compose/namespace.ts';
import { DabookError, messageOf } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { swarmMembership } from '../swarm/swarm-membership.ts';
import type { EngineFile, EngineNetwork, EngineService, EngineTask } from './engine-objects.ts';
import { foreseenStack } from './foreseen-stack.ts';
import { nodesThen } from './nodes-then.ts';

/** What a swarm holds of a stack, as a manager of it answers. All empty where the host manages no swarm. */
export interface LiveStack {
  readonly host: {
    /** As the Engine names them: `inactive`, `pending`, `active`, `error`, `locked`. */
    readonly state: string;
    readonly isManager: boolean;
    /** Its id in its swarm. */
    readonly nodeId: Later<string> | undefined;
    /** The engine's clock, in milliseconds since 1970. */
    readonly time: number;
  };
  readonly services: readonly EngineService[];
  readonly tasks: readonly EngineTask[];
  /** All networks that this engine knows, the stack's and others'. */
  readonly networks: readonly EngineNetwork[];
  readonly secrets: readonly EngineFile[];
  readonly configs: readonly EngineFile[];
  readonly nodes: readonly ConstrainedNode[];
  /** True in check mode when earlier tasks would change the stack: there are no tasks to look at then. */
  readonly foreseen: boolean;
  /** False where the engine cannot be asked for what else the swarm holds: it manages none, or not yet this one. */
  readonly isAsked: boolean;
}

/** What it takes to tell how far tasks are. */
export type LiveTasks = Pick<LiveStack, 'host' | 'tasks' | 'nodes'>;

/** The part of the Engine's `/info` that is read here. */
export interface Info {
  readonly SystemTime?: string;
  readonly Swarm?: {
    readonly LocalNodeState?: string;
    readonly NodeID?: string;
    readonly ControlAvailable?: boolean;
  };
}

/** The query that chooses what belongs to a stack. */
export function ofStack(name: string): string {
  return `filters=${encodeURIComponent(JSON.stringify({ label: [`${namespaceLabel}=${name}`] }))}`;
}

/**
 * Asks for all of a stack at once: one round trip. In check mode as earlier tasks of the check would leave it; unknown
 * where that is.
 */
export async function readStack(ask: Ask, name: string): Promise<Later<LiveStack>> {
  const live = await readLive(ask, name);
  const change = foreseenStack(name);
  if (!ask.foreseen(change)) return live;
  const then = await ask.fact(change);
  if (!isKnown(then)) return then;
  const { nodeId, ...held } = then;
  // Foreseen of a swarm that this host would have left since.
  if (nodeId !== live.host.nodeId) return live;
  const others = live.networks.filter(({ Labels }) => Labels?.[namespaceLabel] !== name);
  return { ...live, ...held, networks: [...others, ...held.networks], tasks: [], foreseen: true };
}

async function readLive(ask: Ask, name: string): Promise<LiveStack> {
  // Workers refuse most of these; whether that matters is known when all have answered.
  const [info, services, tasks, networks, secrets, configs, nodes] = await Promise.allSettled([
    ask.docker<Info>('/info'),
    ask.docker<readonly EngineService[]>(`/services?${ofStack(name)}`),
    ask.docker<readonly EngineTask[]>(`/tasks?${ofStack(name)}`),
    ask.docker<readonly EngineNetwork[]>('/networks'),
    ask.docker<readonly EngineFile[]>(`/secrets?${ofStack(name)}`),
    ask.docker<readonly EngineFile[]>(`/configs?${ofStack(name)}`),
    ask.docker<readonly ConstrainedNode[]>('/nodes'),
  ]);
  if (info.status === 'rejected') throw info.reason;
  const host = hostOf(info.value);
  const nothing = {
    ...{ services: [], tasks: [], secrets: [], configs: [], nodes: [] },
    ...{ foreseen: false, isAsked: false },
  };
  const membership = ask.foreseen(swarmMembership) ? await ask.fact(swarmMembership) : undefined;
  if (membership !== undefined && (membership.state !== host.state || membership.nodeId !== host.nodeId)) {
    // A swarm that this check would leave, join or make: it holds nothing of the stack yet.
    const { state, role, nodeId } = membership;
    const then = { ...host, state, isManager: role === 'manager', nodeId };
    return { host: then, ...nothing, networks: answer(networks).filter(({ Scope }) => Scope !== 'swarm') };
  }
  if (!host.isManager) return { host, ...nothing, networks: [] };
  return {
    host,
    services: answer(services),
    tasks: answer(tasks),
    networks: answer(networks),
    secrets: answer(secrets),
    configs: answer(configs),
    nodes: await nodesThen(ask, answer(nodes)),
    foreseen: false,
    isAsked: true,
  };
}

/** What an engine's `/info` says of it and its swarm. */
export function hostOf({ Swarm: swarm = {}, SystemTime }: Info = {}): LiveStack['host'] {
  return {
    state: swarm.LocalNodeState || 'inactive',
    isManager: swarm.ControlAvailable === true,
    nodeId: swarm.NodeID || undefined,
    time: Date.parse(SystemTime ?? '') || 0,
  };
}

/** A manager that cannot list its swarm has lost it, for the moment at least. */
function answer<T>(result: PromiseSettledResult<readonly T[] | undefined>): readonly T[] {
  if (result.status === 'fulfilled') return result.value ?? [];
  throw new DabookError(
    'command',
    `this manager does not answer for its swarm: ${messageOf(result.reason)}`,
    {
      hint: 'more than half of the managers must be reachable: see docker node ls',
      cause: result.reason,
    },
  );
}
