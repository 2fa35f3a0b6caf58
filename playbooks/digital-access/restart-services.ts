import type { Host } from 'dabook';
import { serviceRestart, serviceRestarts, stackObjects } from 'dabook/tasks';

/** Starts the tasks of some services of a stack anew; those that do not run are left alone. */
export async function restartServices(manager: Host, stack: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { services } = await manager.read(stackObjects(stack));
  const running = names.map((name) => `${stack}_${name}`).filter((name) => services.includes(name));
  const tasks = running.map(async (service) => {
    const { restarts } = await manager.read(serviceRestarts(service));
    return serviceRestart({ service, after: restarts });
  });
  await manager.run(await Promise.all(tasks));
}
