import type { EngineService } from './engine-objects.ts';

/**
 * What the swarm says of an update that is under way, paused, or being rolled back; nothing once it is through.
 * A rollback that is through has left a spec that is settled: whether it is the wanted one is another question.
 */
export function unsettledUpdate({ UpdateStatus }: EngineService): string | undefined {
  const state = UpdateStatus?.State;
  return !state || state === 'completed' || state === 'rollback_completed' ? undefined : state;
}
