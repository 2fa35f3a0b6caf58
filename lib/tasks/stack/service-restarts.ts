import { type Fact, fact } from '../../fact.ts';
import { type Later, unknown } from '../../unknown.ts';
import type { LiveService } from './read-service.ts';
import { isForeseen, readService } from './read-service.ts';
import { taskProgress, wantedTasks } from './task-progress.ts';
import { unsettledUpdate } from './unsettled-update.ts';

/** How often a service was restarted, and whether it runs since. */
export interface ServiceRestarts {
  /** How often it was told to restart as it is (`ForceUpdate`). */
  readonly restarts: Later<number>;
  /** `1/1`: so many of the wanted tasks run, of those that the last restart or update made. */
  readonly tasks: string;
  /** Ids of these tasks. */
  readonly running: Later<readonly string[]>;
  /** What the swarm says of an update that is under way, paused, or being rolled back. */
  readonly updating?: string | undefined;
  /** What it was read from; the same before and after. None for a service that is yet to be deployed. */
  readonly basis?: LiveService | undefined;
}

/**
 * How often a service was restarted. In check mode not known when an earlier task would change its stack.
 * @throws DabookError `refused` when the host is no manager, or its swarm has no such service
 * @example const { restarts } = await host.read(serviceRestarts('da_postgres'))
 */
export function serviceRestarts(service: string): Fact<ServiceRestarts> {
  return fact<ServiceRestarts>({
    key: ['service restarts', service],
    read: async (ask) => {
      if (isForeseen(ask, service)) {
        const restarts = unknown(`restarts of ${service}`);
        return { restarts, tasks: '', running: unknown(`tasks of ${service}`) };
      }
      return restartsOf(await readService(ask, service));
    },
  });
}

function restartsOf(basis: LiveService): ServiceRestarts {
  const { service, live } = basis;
  const { done } = taskProgress(service, live);
  const updating = unsettledUpdate(service);
  return {
    restarts: service.Spec.TaskTemplate.ForceUpdate ?? 0,
    tasks: `${done.length}/${wantedTasks(service.Spec, live.nodes)}`,
    running: done.map(({ ID }) => ID).sort(),
    ...(updating === undefined ? {} : { updating }),
    basis,
  };
}
