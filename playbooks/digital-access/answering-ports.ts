import { type Host, isKnown, type Task } from 'dabook';
import { type ComposeConfig, portAnswers, stackTasks } from 'dabook/tasks';
import type { Site } from './site.ts';

/** A port that answers when the installation is up. */
export interface Answering {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** The TCP ports that the administration service and the access points publish, the former's first. */
export function answeringPorts(
  { services, administration, addresses }: Site,
  config: Pick<ComposeConfig, 'services'>,
): readonly Answering[] {
  const accessPoints = services.filter(({ kind }) => kind === 'access-point');
  return [administration, ...accessPoints].flatMap(({ name, node }) =>
    (config.services[name]?.ports ?? [])
      .filter(({ protocol = 'tcp', published }) => protocol === 'tcp' && published !== undefined)
      .map(({ published = 0 }) => ({ service: name, address: addresses[node] ?? node, port: published })),
  );
}

/** Verifies, from the manager, that these ports answer; in check mode only of a stack that stays as it is. */
export async function verifyPorts(
  manager: Host,
  ports: readonly Answering[],
  { installation: { stack, answer_timeout } }: Site,
): Promise<void> {
  if (isKnown(await manager.read(stackTasks(stack)))) await manager.run(portTasks(ports, answer_timeout));
}

/** The tasks that verify, from the manager, that these ports answer. @param timeout seconds */
export function portTasks(ports: readonly Answering[], timeout: number): readonly Task<unknown>[] {
  return ports.map(({ address, port }) => portAnswers({ address, port, timeout }));
}
