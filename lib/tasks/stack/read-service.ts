import type { ConstrainedNode } from '../../compose/constraint.ts';
import type { Ask } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import type { EngineService, EngineTask } from './engine-objects.ts';
import { foreseenStack } from './foreseen-stack.ts';
import { nodesThen } from './nodes-then.ts';
import { hostOf, type Info, type LiveTasks } from './read-stack.ts';

/** A service of the swarm, and its tasks. */
export interface LiveService {
  readonly service: EngineService;
  readonly live: LiveTasks;
}

/**
 * Asks for one service: one round trip.
 * @throws DabookError `refused` when the host is no manager, or its swarm has no such service
 */
export async function readService(ask: Ask, name: string): Promise<LiveService> {
  const filters = encodeURIComponent(JSON.stringify({ service: [name] }));
  // Workers refuse all but the first; whether that matters is known when all have answered.
  const [info, service, tasks, nodes] = await Promise.allSettled([
    ask.docker<Info>('/info'),
    ask.docker<EngineService>(`/services/${name}`),
    ask.docker<readonly EngineTask[]>(`/tasks?filters=${filters}`),
    ask.docker<readonly ConstrainedNode[]>('/nodes'),
  ]);
  if (info.status === 'rejected') throw info.reason;
  const host = hostOf(info.value);
  if (!host.isManager) {
    throw refuse(
      `${ask.host} is no manager: it cannot tell of service ${name}`,
      'ask a manager of the swarm',
    );
  }
  if (service.status === 'rejected') throw service.reason;
  if (service.value === undefined) throw noService(name);
  if (tasks.status === 'rejected' || nodes.status === 'rejected') {
    throw tasks.status === 'rejected' ? tasks.reason : (nodes as PromiseRejectedResult).reason;
  }
  return {
    service: service.value,
    live: { host, tasks: tasks.value ?? [], nodes: await nodesThen(ask, nodes.value ?? []) },
  };
}

/** The refusal of what is asked of a service that is not there. */
export function noService(name: string): Error {
  return refuse(
    `the swarm has no service ${name}`,
    'a service of a stack is named after both, as in da_postgres: see docker service ls',
  );
}

/** Whether an earlier task of this check would change the stack that a service belongs to. */
export function isForeseen(ask: Ask, service: string): boolean {
  // Either name may have a `_` in it.
  const ends = [...service.matchAll(/_/g)].map(({ index }) => index);
  return ends.some((end) => ask.foreseen(foreseenStack(service.slice(0, end))));
}
