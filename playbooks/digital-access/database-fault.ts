import { type Host, isKnown } from 'dabook';
import { portState, type ServiceTask, serviceLogs, serviceTasks } from 'dabook/tasks';
import type { Answering } from './answering-ports.ts';
import type { Installation } from './installation.ts';

export interface Watched {
  /** Names in the compose files. */
  readonly administration: string;
  readonly database: string;
  /** A TCP port of the administration service; one that publishes none is judged by its task alone. */
  readonly port: Answering | undefined;
}

/** Failures of one setting after which the next will not be the last. */
const enough = 3;
/** Seconds after which a task is not about to be placed, or to fall over. */
const settled = 5;

/**
 * Looks until the administration service runs and answers, or cannot reach its database: with both given
 * `answer_timeout` seconds to come up, it does not answer, or does not run, and the log of its newest task tells of
 * the fault. What else keeps it from running ends the look too, for others to tell. Changes nothing.
 * @param pause waits for so many milliseconds
 * @returns the line of the log that tells of the fault; undefined where there is none
 */
export async function databaseFault(
  manager: Host,
  { administration, database, port }: Watched,
  { stack, answer_timeout: patience, deploy_timeout, database_fault }: Installation,
  pause: (milliseconds: number) => Promise<void>,
): Promise<string | undefined> {
  const fault = new RegExp(database_fault, 'i');
  const started = Date.now();
  for (let wait = 100; ; wait = Math.min(wait * 1.5, 1000)) {
    const [tasks, databaseTasks, answer] = await Promise.all([
      manager.read(serviceTasks(`${stack}_${administration}`)),
      manager.read(serviceTasks(`${stack}_${database}`)),
      port && manager.read(portState(port)),
    ]);
    if (!isKnown(tasks) || !isKnown(databaseTasks)) return undefined;
    if (isUp(tasks, answer?.accepts)) return undefined;
    if (isUnplaced(tasks) || isUnplaced(databaseTasks) || failsAgainAndAgain(databaseTasks)) return undefined;

    const waited = (Date.now() - started) / 1000;
    const databaseUp = databaseTasks.find((task) => task.isUp)?.seconds ?? 0;
    if (waited >= patience && databaseUp >= patience) {
      const newest = tasks.find(hasBegun);
      const log = newest === undefined ? [] : await manager.read(serviceLogs({ service: newest.id }));
      const told = log.findLast((line) => fault.test(line));
      if (told !== undefined) return told;
      // One that has just begun may be about to tell.
      const isTelling = newest?.state === 'running' && newest.seconds < patience;
      if (!isTelling && (newest?.state === 'running' || failsAgainAndAgain(tasks))) return undefined;
    }
    if (waited > deploy_timeout + patience) return undefined;
    await pause(wait);
  }
}

/** @param answers whether its port does; undefined where it has none */
function isUp(tasks: readonly ServiceTask[], answers: boolean | undefined): boolean {
  return tasks.some((task) => task.isUp && (answers ?? task.seconds >= settled));
}

function isUnplaced(tasks: readonly ServiceTask[]): boolean {
  return tasks.some(
    ({ isCurrent, state, seconds }) => isCurrent && state === 'pending' && seconds >= settled,
  );
}

function failsAgainAndAgain(tasks: readonly ServiceTask[]): boolean {
  if (tasks.some((task) => task.isUp)) return false;
  const failed = tasks.filter(
    ({ isCurrent, state }) => isCurrent && (state === 'failed' || state === 'rejected'),
  );
  return failed.length >= enough;
}

/** Whether a task has had a container that ran. */
function hasBegun({ state, isCurrent }: ServiceTask): boolean {
  return isCurrent && ['running', 'failed', 'complete'].includes(state);
}
