import type { ServiceSpec } from '../../compose/service-spec.ts';
import type { ConstrainedNode } from './constraint.ts';
import type { EngineService } from './engine-objects.ts';
import type { LiveStack } from './read-stack.ts';
import { type ServiceSettings, serviceSettings } from './service-settings.ts';
import { isJobSpec, taskProgress, wantedTasks } from './task-progress.ts';

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
  const count = `${taskProgress(service, live).done.length}/${wantedTasks(service.Spec, live.nodes)}`;
  const update = service.UpdateStatus?.State;
  // A rollback that is through has left a spec that is settled; whether it is the wanted one is another question.
  const isSettled = !update || update === 'completed' || update === 'rollback_completed';
  return { ...settings, ...counted(service.Spec, count), ...(isSettled ? {} : { updating: update }) };
}

/** A service as a spec wants it: all its tasks running, or completed. */
export function wantedServiceState(spec: ServiceSpec, nodes: readonly ConstrainedNode[]): ServiceState {
  const wanted = wantedTasks(spec, nodes);
  return { ...serviceSettings(spec, (name) => name), ...counted(spec, `${wanted}/${wanted}`) };
}

function counted(spec: ServiceSpec, count: string): Pick<ServiceState, 'running' | 'completed'> {
  return isJobSpec(spec) ? { completed: count } : { running: count };
}
