import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import { dabook, type Ran } from '../e2e/dabook.ts';
import { answersFile } from '../e2e/ha-run.ts';
import type { Lab } from '../lab/lab.ts';

/** The HA job on a lab, with the answers of the administration page at hand: one run from separate swarms to the end. */
export interface HaJob {
  readonly lab: Lab;
  readonly playbook: string;
  /** As `-e` takes them. */
  readonly options: readonly string[];
  /** The whole job by the command line. */
  run(...more: readonly string[]): Promise<Ran>;
  /** Hosts to the starting state, and what earlier runs kept here gone. */
  reset(): Promise<void>;
}

const playbook = fileURLToPath(new URL('../../playbooks/ha.ts', import.meta.url));

/** What is steady for a second will do here, where half a minute is right for the product. */
const quick = ['stable_for=1', 'answer_timeout=10'];

export async function haJob(lab: Lab): Promise<HaJob> {
  const added = lab.hosts.slice(1).flatMap(({ services }) => services);
  const options = [...quick, `@${await answersFile(lab, added)}`];
  return {
    lab,
    playbook,
    options,
    run: (...more) =>
      dabook(
        [
          ...['run', playbook, '-i', lab.inventoryFile, '--json', '--no-type-check'],
          ...options.flatMap((option) => ['-e', option]),
          ...more,
        ],
        { cwd: lab.dir },
      ),
    async reset() {
      await lab.reset();
      for (const name of ['dabook-backups', 'answers.yml', '.dabook']) {
        await rm(join(lab.dir, name), { recursive: true, force: true });
      }
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
export async function notConverged(job: HaJob): Promise<readonly string[]> {
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
