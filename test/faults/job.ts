import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event } from '../../lib/events.ts';
import { dabook, type Ran } from '../e2e/dabook.ts';
import type { Lab } from '../lab/lab.ts';

/** Work on a lab that is disturbed, and has to end as if it had not been. */
export interface Job {
  readonly lab: Lab;
  /** Path of the playbook. */
  readonly playbook: string;
  /** As `-e` takes them. */
  readonly options: readonly string[];
  /** As `-b`. */
  readonly become: boolean;
  /** The whole job by the command line. */
  run(...more: readonly string[]): Promise<Ran>;
  /** Hosts to the starting state, and what earlier runs kept here gone. */
  reset(): Promise<void>;
}

export interface JobOptions {
  readonly playbook: string;
  readonly options: readonly string[];
  /** False by default. */
  readonly become?: boolean;
  /** What makes the starting state of a lab's own. */
  readonly prepare?: (lab: Lab) => Promise<void>;
}

/** Makes a job on a lab. */
export function jobOn(lab: Lab, { playbook, options, become = false, prepare }: JobOptions): Job {
  return {
    lab,
    playbook,
    options,
    become,
    run: (...more) =>
      dabook(
        [
          ...['run', playbook, '-i', lab.inventoryFile, '--json', '--yes', '--no-type-check'],
          ...options.flatMap((option) => ['-e', option]),
          ...(become ? ['-b'] : []),
          ...more,
        ],
        { cwd: lab.dir },
      ),
    async reset() {
      await lab.reset();
      for (const name of ['dabook-backups', 'answers.yml', '.dabook']) {
        await rm(join(lab.dir, name), { recursive: true, force: true });
      }
      await prepare?.(lab);
    },
  };
}

/** What a run changed, by its own words. */
function changedBy({ events }: Ran): number {
  const last = events.at(-1);
  if (last?.type !== 'run.ended') return Number.NaN;
  return Object.values(last.hosts).reduce((sum, { changed }) => sum + changed, 0);
}

/** The steps of a run, in the order of their numbers. */
export function stepsOf(events: readonly Event[]) {
  return events.flatMap((event) => (event.type === 'step.started' ? [event] : []));
}

/** What is wrong with a run that had to end well; nothing where it did. */
export function unlessWell(what: string, ran: Ran): readonly string[] {
  if (ran.status === 0) return [];
  const faults = ran.events.flatMap((event) =>
    'fault' in event && event.fault ? [JSON.stringify(event)] : [],
  );
  return [`${what} ended with status ${ran.status}: ${ran.stderr.trim()}`, ...faults];
}

/** Runs again: that has to end well and change nothing. */
export async function notConverged(job: Job): Promise<readonly string[]> {
  const again = await job.run();
  const changed = changedBy(again);
  const told = again.events.flatMap((event) =>
    event.type === 'task.ended' && event.status === 'changed' ? [`${event.host} ${event.title}`] : [],
  );
  return [
    ...unlessWell('the run after that', again),
    ...(changed === 0 ? [] : [`the run after that changed ${changed}: ${told.join('; ')}`]),
  ];
}
