import type { ConstrainedNode } from '../../compose/constraint.ts';
import type { ServiceSpec } from '../../compose/service-spec.ts';
import type { EngineService } from './engine-objects.ts';
import type { LiveStack } from './read-stack.ts';
import { type ServiceSettings, serviceSettings } from './service-settings.ts';
import { isJobSpec, taskProgress, wantedTasks } from './task-progress.ts';
import { unsettledUpdate } from './unsettled-update.ts';

/** A service of a stack: its settings, and how many of its tasks are as they say. */
export interface ServiceState extends ServiceSettings {
  /** `2/3`: so many of the wanted tasks run. Jobs have `completed` in its place. */
  readonly running?: string;
  readonly completed?: string;
  /** What the swarm says of an update that is under way, paused, or being rolled back. */
  readonly updating?: string;
}

/** A service as it is. */
export function serviceState(
  service: EngineService,
  live: LiveStack,
  networkNames: Readonly<Record<string, string>>,
): ServiceState {
  const settings = serviceSettings(service.Spec, (id) => networkNames[id] ?? id);
  const wanted = wantedTasks(service.Spec, live.nodes);
  // What is only foreseen is foreseen to run.
  const count = `${live.foreseen ? wanted : taskProgress(service, live).done.length}/${wanted}`;
  const updating = unsettledUpdate(service);
  return { ...settings, ...counted(service.Spec, count), ...(updating === undefined ? {} : { updating }) };
}

/** A service as a spec wants it: all its tasks running, or completed. */
export function wantedServiceState(spec: ServiceSpec, nodes: readonly ConstrainedNode[]): ServiceState {
  const wanted = wantedTasks(spec, nodes);
  return { ...serviceSettings(spec, (name) => name), ...counted(spec, `${wanted}/${wanted}`) };
}

function counted(spec: ServiceSpec, count: string): Pick<ServiceState, 'running' | 'completed'> {
  return isJobSpec(spec) ? { completed: count } : { running: count };
}
