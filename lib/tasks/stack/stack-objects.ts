import { namespaceLabel } from '../../compose/namespace.ts';
import { type Fact, fact } from '../../fact.ts';
import { isKnown, type Later } from '../../unknown.ts';
import type { ForeseenStack } from './foreseen-stack.ts';
import { type LiveStack, ofStack, readStack } from './read-stack.ts';

/** All that exists of a stack, by name. */
export interface StackObjects {
  readonly services: readonly string[];
  readonly networks: readonly string[];
  readonly secrets: readonly string[];
  readonly configs: readonly string[];
  /** How many tasks have not ended. Those of nodes that are down cannot be waited for and are not counted. */
  readonly tasks: number;
  /** How many containers on this host the engine has yet to remove. */
  readonly containers: number;
  /** What it was read from; the same before and after. */
  readonly basis: StackBasis;
}

export interface StackBasis {
  readonly host: LiveStack['host'];
  /** Names to ids. */
  readonly ids: Readonly<
    Record<'services' | 'networks' | 'secrets' | 'configs', Readonly<Record<string, string>>>
  >;
  /** What the Engine calls these. */
  readonly held: Omit<ForeseenStack, 'nodeId'>;
  readonly tasks: readonly StackPart[];
  readonly containers: readonly StackPart[];
}

/** A task or a container of a stack. */
export interface StackPart {
  /** For people. */
  readonly shown: string;
  /** The service's name in the swarm; none where that is gone already. */
  readonly service?: string | undefined;
}

interface Container {
  readonly Names?: readonly string[];
  readonly Id: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** The states in which a task has no container that runs, and never will. */
const ended: ReadonlySet<string> = new Set([
  'complete',
  'shutdown',
  'failed',
  'rejected',
  'remove',
  'orphaned',
]);

/**
 * What exists of a stack; in check mode as earlier tasks of the check would leave it, and unknown where that is.
 * @example
 * const objects = await host.read(stackObjects('da'))
 * if (isKnown(objects)) for (const service of objects.services) …
 */
export function stackObjects(name: string): Fact<Later<StackObjects>> {
  return fact({
    key: ['stack', name],
    read: async (ask) => {
      const [live, containers] = await Promise.all([
        readStack(ask, name),
        ask.docker<readonly Container[]>(`/containers/json?all=true&${ofStack(name)}`),
      ]);
      return isKnown(live) ? objectsOf(name, live, containers ?? []) : live;
    },
  });
}

function objectsOf(name: string, live: LiveStack, containers: readonly Container[]): StackObjects {
  const networks = live.networks.filter(({ Labels }) => Labels?.[namespaceLabel] === name);
  const ids = {
    services: byName(live.services.map(({ ID, Spec }) => [Spec.Name, ID])),
    networks: byName(networks.map(({ Id, Name }) => [Name, Id])),
    secrets: byName(live.secrets.map(({ ID, Spec }) => [Spec.Name, ID])),
    configs: byName(live.configs.map(({ ID, Spec }) => [Spec.Name, ID])),
  };
  const tasks = activeTasks(live);
  // Which containers a stack that is only foreseen would have here, nobody can tell.
  const leaving = live.host.isManager && !live.foreseen ? leavingContainers(live, containers) : [];
  return {
    services: Object.keys(ids.services),
    networks: Object.keys(ids.networks),
    secrets: Object.keys(ids.secrets),
    configs: Object.keys(ids.configs),
    tasks: tasks.length,
    containers: leaving.length,
    basis: {
      host: live.host,
      ids,
      held: { services: live.services, networks, secrets: live.secrets, configs: live.configs },
      tasks,
      containers: leaving,
    },
  };
}

function byName(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...pairs].sort(([a], [b]) => a.localeCompare(b)));
}

function activeTasks({ tasks, nodes, services }: LiveStack): readonly StackPart[] {
  const down = new Set(nodes.filter(({ Status }) => Status.State === 'down').map(({ ID }) => ID));
  const hostnames = new Map(nodes.map(({ ID, Description }) => [ID, Description?.Hostname || ID]));
  const names = new Map(services.map(({ ID, Spec }) => [ID, Spec.Name]));
  return tasks
    .filter(({ Status, NodeID }) => !ended.has(Status.State) && !(NodeID !== undefined && down.has(NodeID)))
    .map(({ ID, ServiceID, Slot, NodeID }) => {
      const place = NodeID ? ` on ${hostnames.get(NodeID) ?? NodeID}` : '';
      const service = names.get(ServiceID);
      const shown = `${service ?? 'task'}${Slot ? `.${Slot}` : ''} ${ID.slice(0, 12)}${place}`;
      return { shown, service };
    })
    .sort(byText);
}

/** The swarm keeps the ended tasks of a job, and their containers, when the job is gone: these stay. */
function leavingContainers({ tasks }: LiveStack, containers: readonly Container[]): readonly StackPart[] {
  const kept = new Set(tasks.filter(({ Status }) => ended.has(Status.State)).map(({ ID }) => ID));
  return containers
    .filter(({ Labels }) => !kept.has(Labels?.['com.docker.swarm.task.id'] ?? ''))
    .map(({ Names, Id, Labels }) => ({
      shown: Names?.[0]?.replace(/^\//, '') ?? Id.slice(0, 12),
      service: Labels?.['com.docker.swarm.service.name'],
    }))
    .sort(byText);
}

function byText({ shown: a }: StackPart, { shown: b }: StackPart): number {
  return a.localeCompare(b);
}
