import type { Host } from 'dabook';
import { serviceRestart, serviceRestarts, stackObjects } from 'dabook/tasks';

/**
 * Starts the tasks of some services of a stack anew; those that do not run are left alone.
 * @returns whether one was: none is outside of `--limit`
 */
export async function restartServices(
  manager: Host,
  stack: string,
  names: readonly string[],
): Promise<boolean> {
  const { services } = await manager.read(stackObjects(stack));
  const running = names.map((name) => `${stack}_${name}`).filter((name) => services.includes(name));
  const tasks = running.map(async (service) => {
    const { restarts } = await manager.read(serviceRestarts(service));
    return serviceRestart({ service, after: restarts });
  });
  const results = await manager.run(await Promise.all(tasks));
  return results.some(({ changed }) => changed);
}
