import { fact } from '../../fact.ts';
import { docker } from '../../step.ts';
import { task } from '../../task.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';
import { type ServiceRestarts, serviceRestarts } from './service-restarts.ts';
import { gaveUp, notRunning } from './service-trouble.ts';

export interface ServiceRestartArgs {
  /** Its name in the swarm: `da_postgres`. */
  readonly service: string;
  /** As often as it had been restarted when it was found to need it: see `serviceRestarts`. */
  readonly after: Later<number>;
  /** Seconds until all its tasks must run anew; 120 by default. */
  readonly timeout?: number | undefined;
}

/**
 * A service has been restarted since it was looked at: all its tasks are replaced by new ones of the same spec,
 * as its update rules say, and run. One that somebody else has restarted meanwhile is not restarted again. In
 * check mode it is unknown when an earlier task would change the service's stack.
 * @throws DabookError `refused` when the host is no manager, or its swarm has no such service
 * @example
 * const { restarts } = await host.read(serviceRestarts('da_postgres'))
 * await host.run(serviceRestart({ service: 'da_postgres', after: restarts }))
 */
export const serviceRestart = task('serviceRestart', {
  rights: 'docker',
  title: ({ service }: ServiceRestartArgs) => `restart service ${service}`,
  fact: ({ service, after }) => {
    const plain = serviceRestarts(service);
    return fact<Later<ServiceRestarts>>({
      key: ['service restarts', service],
      read: async (ask) => {
        const now = await plain.read(ask);
        return isKnown(after) && isKnown(now.restarts) ? now : unknown(`restarts of ${service}`);
      },
    });
  },
  want: (now, { service, after }) => {
    if (!isKnown(now) || !isKnown(now.restarts) || !isKnown(after)) return now;
    const { updating: _, ...settled } = now;
    const [, wanted = '0'] = now.tasks.split('/');
    const tasks = `${wanted}/${wanted}`;
    if (now.restarts > after) return { ...settled, tasks };
    return { ...settled, restarts: after + 1, tasks, running: unknown(`new tasks of ${service}`) };
  },
  steps: (now, _want, { service, after }) => {
    if (!isKnown(now) || now.basis === undefined) return [];
    // Restarted since: what is left to do is to wait.
    if (!isKnown(now.restarts) || !isKnown(after) || now.restarts > after) return [];
    const { ID, Version, Spec } = now.basis.service;
    const TaskTemplate = { ...Spec.TaskTemplate, ForceUpdate: after + 1 };
    return [
      docker('POST', `/services/${ID}/update?version=${Version.Index}`, {
        title: `restart service ${service}`,
        body: { ...Spec, TaskTemplate },
      }),
    ];
  },
  settle: ({ timeout = 120 }) => ({ timeout }),
  stuck: (now, _want, { service }) => {
    if (!isKnown(now) || now.basis === undefined) return undefined;
    const { service: found, live } = now.basis;
    const { reason, ...more } = gaveUp(found, live) ?? notRunning(found, live);
    return { reason: `${service} ${now.tasks}: ${reason}`, ...more };
  },
});
