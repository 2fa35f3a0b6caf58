import { unscoped } from '../../compose/namespace.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';
import { foreseenStack } from './foreseen-stack.ts';
import { type LiveStack, readStack } from './read-stack.ts';

/** A task that runs. */
export interface PlacedTask {
  readonly nodeId: string;
  readonly hostname: string;
}

/** Where the tasks of a stack run, by the services' names in the compose files. */
export interface StackTasks {
  readonly services: Readonly<Record<string, readonly PlacedTask[]>>;
  /** Hostnames of the swarm's nodes, by their ids. */
  readonly hostnames: Readonly<Record<string, string>>;
}

/**
 * Where the running tasks of a stack are. In check mode not known when an earlier task would change the stack.
 * @example
 * const running = await host.read(stackTasks('da'))
 * if (isKnown(running)) for (const { hostname } of running.services.policy ?? []) …
 */
export function stackTasks(name: string): Fact<Later<StackTasks>> {
  return fact<Later<StackTasks>>({
    key: ['stack tasks', name],
    read: async (ask) => {
      if (ask.foreseen(foreseenStack(name))) return unknown(`placement of stack ${name}`);
      const live = await readStack(ask, name);
      if (!isKnown(live)) return live;
      if (!live.host.isManager) {
        throw refuse(
          `${ask.host} is no manager: it cannot tell where stack ${name} runs`,
          'ask a manager of the swarm',
        );
      }
      return { services: placedTasks(name, live), hostnames: hostnamesOf(live) };
    },
  });
}

/** The running tasks of each service, on nodes that answer, in order of host name. */
export function placedTasks(name: string, live: LiveStack): StackTasks['services'] {
  const hostnames = hostnamesOf(live);
  const ready = new Set(live.nodes.filter(({ Status }) => Status.State === 'ready').map(({ ID }) => ID));
  return Object.fromEntries(
    live.services.map(({ ID, Spec }) => [
      unscoped(name, Spec.Name),
      live.tasks
        .filter(({ ServiceID, DesiredState }) => ServiceID === ID && DesiredState === 'running')
        .filter(({ Status, NodeID }) => Status.State === 'running' && ready.has(NodeID ?? ''))
        .map(({ NodeID: nodeId = '' }) => ({ nodeId, hostname: hostnames[nodeId] ?? nodeId }))
        .sort((a, b) => a.hostname.localeCompare(b.hostname) || a.nodeId.localeCompare(b.nodeId)),
    ]),
  );
}

function hostnamesOf({ nodes }: LiveStack): Readonly<Record<string, string>> {
  return Object.fromEntries(nodes.map(({ ID, Description }) => [ID, Description?.Hostname || ID]));
}
