import { type Fact, fact } from '../../fact.ts';
import { type Later, unknown } from '../../unknown.ts';
import type { EngineTask } from './engine-objects.ts';
import { isForeseen, type LiveService, readService } from './read-service.ts';
import { errorOf } from './service-trouble.ts';
import { taskProgress } from './task-progress.ts';

/** A task of a service: one that is on its way, runs, or has ended. */
export interface ServiceTask {
  /** By which `serviceLogs` finds what it wrote. */
  readonly id: string;
  /** As the Engine names it: `pending`, `preparing`, `starting`, `running`, `failed`, `complete`, `shutdown` … */
  readonly state: string;
  /** So many seconds it has been in that state, by the manager's clock. */
  readonly seconds: number;
  /** False for a task of settings that the service no longer has. */
  readonly isCurrent: boolean;
  /** It runs as the service's settings say; after a failure, when it has run for some seconds. */
  readonly isUp: boolean;
  /** What the Engine says of one that failed or cannot be placed. */
  readonly error?: string;
}

/**
 * The tasks of a service, the newest first: those of the swarm's short memory. In check mode not known when an
 * earlier task would change the service's stack.
 * @throws DabookError `refused` when the host is no manager, or its swarm has no such service
 * @example const running = (await host.read(serviceTasks('da_policy'))).find(({ isUp }) => isUp)
 */
export function serviceTasks(service: string): Fact<Later<readonly ServiceTask[]>> {
  return fact<Later<readonly ServiceTask[]>>({
    key: ['service tasks', service],
    read: async (ask) =>
      isForeseen(ask, service) ? unknown(`tasks of ${service}`) : tasksOf(await readService(ask, service)),
  });
}

function tasksOf({ service, live }: LiveService): readonly ServiceTask[] {
  const { done, ended, alive } = taskProgress(service, live);
  const current = new Set([...done, ...ended, ...alive]);
  const seconds = ({ Status }: EngineTask) =>
    Math.max((live.host.time - Date.parse(Status.Timestamp ?? '')) / 1000 || 0, 0);
  return [...live.tasks]
    .sort((a, b) => (b.CreatedAt ?? '').localeCompare(a.CreatedAt ?? ''))
    .map((task) => ({
      id: task.ID,
      state: task.Status.State,
      seconds: seconds(task),
      isCurrent: current.has(task),
      isUp: done.includes(task),
      ...(task.Status.Err ? { error: errorOf(task) } : {}),
    }));
}
