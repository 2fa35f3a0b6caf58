import type { Hosts } from '../../../lib/playbook.ts';
import type { Task } from '../../../lib/task.ts';
import { createMemoryTransport } from '../../../lib/transport/memory.ts';
import { onHosts, type Told } from '../../tasks/rig.ts';
import { engineOf } from './engine.ts';
import type { World } from './world.ts';

/** Runs tasks on the hosts of a model with the real engine. A settled state is there at once, or never. */
export function onModel<R>(
  world: World,
  work: (hosts: Hosts<object>) => Promise<R>,
  { check = false } = {},
): Promise<Told<R>> {
  // While it is only looked at, nothing passes of itself.
  world.looks = check ? -Infinity : 0;
  const names = Object.keys(world.hosts);
  const transport = createMemoryTransport({
    hosts: Object.fromEntries(names.map((name) => [name, engineOf(world, name)])),
  });
  const targets = names.map((name) => ({ name, connection: 'local', address: name }) as const);
  return onHosts({ targets, become: true, connect: transport.connect }, work, { check });
}

/** The same task, which is not waited for. */
export function impatient<S>(task: Task<S>): Task<S> {
  return { ...task, settle: { timeout: 0 } };
}
