import { type Host, isKnown } from 'dabook';
import { stackObjects } from 'dabook/tasks';

/**
 * The services of a stack that the swarm has, by their names in the compose files: `policy` for `da_policy`. None in a
 * check that cannot know them.
 */
export async function deployedServices(manager: Host, stack: string): Promise<readonly string[]> {
  const objects = await manager.read(stackObjects(stack));
  return isKnown(objects) ? objects.services.map((name) => serviceName(name, stack)) : [];
}

/** The name in the compose files of a service of the swarm. */
function serviceName(name: string, stack: string): string {
  return name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
}
