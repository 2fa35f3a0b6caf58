import type { Host } from 'dabook';
import { serviceRestart, serviceRestarts } from 'dabook/tasks';
import { deployedServices } from './deployed-services.ts';

/**
 * Starts the tasks of some services of a stack anew; those that do not run are left alone.
 * @returns whether one was: none is outside of `--limit`
 */
export async function restartServices(
  manager: Host,
  stack: string,
  names: readonly string[],
): Promise<boolean> {
  const deployed = await deployedServices(manager, stack);
  const tasks = names
    .filter((name) => deployed.includes(name))
    .map(async (name) => {
      const service = `${stack}_${name}`;
      const { restarts } = await manager.read(serviceRestarts(service));
      return serviceRestart({ service, after: restarts });
    });
  const results = await manager.run(await Promise.all(tasks));
  return results.some(({ changed }) => changed);
}
