import type { Task } from 'dabook';
import { stackPlaced, stackSteady } from 'dabook/tasks';
import type { Member } from './label-members.ts';
import { onHost, type Site } from './site.ts';

/** The tasks, for the manager, that verify that every service runs on its node, and keeps running. */
export function placementTasks(
  { installation: { stack, stable_for }, services }: Pick<Site, 'installation' | 'services'>,
  members: readonly Member[],
): readonly Task<unknown>[] {
  const on = members.flatMap(({ host, nodeId }) =>
    onHost(services, host).map(({ name }) => [name, nodeId] as const),
  );
  return [
    stackPlaced({ name: stack, on: Object.fromEntries(on) }),
    stackSteady({ name: stack, seconds: stable_for }),
  ];
}
