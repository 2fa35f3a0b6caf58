import type { Host } from 'dabook';
import { portAnswers, serviceLogs } from 'dabook/tasks';
import type { Answering } from './answering-ports.ts';
import type { Installation } from './installation.ts';

/**
 * Whether the administration service reaches its database: false when it does not answer in time and its log
 * tells of a connection that failed. Only looks.
 * @param pause waits for so many milliseconds
 */
export async function reachesItsDatabase(
  manager: Host,
  { service, address, port }: Answering,
  { stack, answer_timeout, database_fault }: Installation,
  pause: (ms: number) => Promise<void>,
): Promise<boolean> {
  const deadline = Date.now() + answer_timeout * 1000;
  for (;;) {
    const { accepts } = await manager.read(portAnswers({ address, port }).fact);
    if (accepts) return true;
    if (Date.now() > deadline) break;
    await pause(1000);
  }
  const log = await manager.read(serviceLogs({ service: `${stack}_${service}` }));
  const fault = new RegExp(database_fault, 'i');
  return !log.some((line) => fault.test(line));
}
