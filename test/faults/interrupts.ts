import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import type { Lab } from '../lab/lab.ts';
import { seededRandom } from '../seeded-random.ts';
import { haJob } from './ha-job.ts';
import type { Job } from './job.ts';
import { leftoversOn } from './leftovers.ts';
import type { Part } from './part.ts';
import { type EndedRun, startRun } from './started-run.ts';
import { share, withLabs } from './with-labs.ts';

const mixed = fileURLToPath(new URL('jobs/mixed.ts', import.meta.url));

const ways = [['SIGINT'], ['SIGINT', 'SIGINT'], ['SIGTERM'], ['SIGHUP']] as const;

interface Try {
  readonly number: number;
  readonly signals: readonly NodeJS.Signals[];
  /** From when the moment counts: most often from the first step. */
  readonly from: 'run.started' | 'step.started';
  /** Milliseconds from then on. */
  readonly after: number;
  /** From the first signal to the second. */
  readonly between: number;
  readonly job: 'mixed' | 'ha';
}

/** A lab that runs are interrupted on. */
export interface Interrupted {
  readonly lab: Lab;
  /** A file here that takes its time. */
  readonly large: string;
  readonly ha: Job;
  /** The HA job has got to its end. */
  isSetUp: boolean;
}

export async function toInterrupt(lab: Lab): Promise<Interrupted> {
  const large = join(lab.dir, 'large');
  await writeFile(large, randomBytes(8 * 2 ** 20));
  return { lab, large, ha: await haJob(lab), isSetUp: false };
}

/** The tries that a seed stands for. */
export function triesOf(seed: number, times: number): readonly Try[] {
  const random = seededRandom(seed);
  return Array.from({ length: times }, (_, index): Try => {
    const job = index % 5 === 4 ? 'ha' : 'mixed';
    return {
      number: index + 1,
      signals: ways[Math.floor(random() * ways.length)] ?? ['SIGINT'],
      from: random() < 0.25 ? 'run.started' : 'step.started',
      after: random() * (job === 'ha' ? 10_000 : 3000),
      between: 100 + random() * 1000,
      job,
    };
  });
}

/**
 * Signals at random moments of runs: four of five times in a job with work of every kind, the others in the HA job,
 * which goes on each time from where it was. Then one run converges.
 */
export const interrupts: Part = ({ report, labs: count, times = 100, seed }) =>
  withLabs(count, async (labs) => {
    const ends = new Map<string, number>();
    const workers = await Promise.all(labs.map(toInterrupt));
    await share(workers, triesOf(seed, times), async (worker, each) => {
      const { end, faults, figures } = await interrupted(worker, each);
      const { signals, from, after, job, number } = each;
      const what = `${signals.join(' ')}: ${end}`;
      ends.set(what, (ends.get(what) ?? 0) + 1);
      const name = `${signals.join(', then ')} ${(after / 1000).toFixed(1)} s after ${from} of the ${job} job`;
      report.told(`${name}, ${number} of ${times}`, faults, figures);
    });
    report.note(
      [...ends]
        .sort()
        .map(([what, number]) => `${number} x ${what}`)
        .join(', '),
    );
    await Promise.all(
      workers.map(async (worker) =>
        report.told('one run of each job converges after that', await unconverged(worker)),
      ),
    );
  });

/** One run that is interrupted, and what is wrong with how it ended and what it left. */
export async function interrupted(worker: Interrupted, { number, signals, from, after, between, job }: Try) {
  const { lab, large, ha } = worker;
  if (job === 'ha' && worker.isSetUp) {
    await ha.reset();
    worker.isSetUp = false;
  }
  const how =
    job === 'ha'
      ? { playbook: ha.playbook, options: ha.options }
      : { playbook: mixed, options: [`value=${number}`, `large=${large}`], more: ['-b'] };
  // Before the first event it is Node that starts, and a signal ends that.
  let begin = () => {};
  const begun = new Promise<void>((done) => {
    begin = done;
  });
  const started = startRun({
    ...how,
    inventory: lab.inventoryFile,
    cwd: lab.dir,
    onEvent: ({ type }) => type === from && begin(),
  });
  await Promise.race([begun, started.ended]);
  await Promise.race([sleep(after), started.ended]);
  const since = performance.now();
  for (const [index, signal] of signals.entries()) {
    if (index > 0) await Promise.race([sleep(between), started.ended]);
    started.signal(signal);
  }
  const ended = await started.ended;
  const took = ((performance.now() - since) / 1000).toFixed(1);
  if (job === 'ha' && ended.end === 0) worker.isSetUp = true;
  return {
    end: ended.end,
    faults: [...untrue(ended), ...(await leftoversOn(lab))],
    figures: `ended ${ended.end} ${took} s later, ${stepsDone(ended.events)} steps done`,
  };
}

async function unconverged({ lab, large, ha }: Interrupted): Promise<readonly string[]> {
  const about = { inventory: lab.inventoryFile, cwd: lab.dir };
  const jobs = [
    { ...about, playbook: mixed, options: ['value=end', `large=${large}`], more: ['-b'] },
    { ...about, playbook: ha.playbook, options: ha.options },
  ];
  const faults: string[] = [];
  for (const job of jobs) {
    const first = await startRun(job).ended;
    const second = await startRun(job).ended;
    if (first.end !== 0) faults.push(`a whole run ended with ${first.end}: ${first.stderr}`);
    const steps = second.events.filter((event) => event.type === 'step.started').length;
    if (second.end !== 0 || steps > 0) faults.push(`the next one ended with ${second.end}, ${steps} steps`);
  }
  return faults;
}

/** The status is 130, or 0 where the run was over; and what it tells at its end is so. */
function untrue({ end, events, stderr }: EndedRun): readonly string[] {
  const last = events.at(-1);
  if (end === 0)
    return last?.type === 'run.ended' && last.outcome === 'ok' ? [] : ['it ended with 0, and not well'];
  if (end !== 130) return [`it ended with ${end}: ${stderr.trim()} ${JSON.stringify(last)}`];
  if (last?.type !== 'run.ended') return [`its last word is ${JSON.stringify(last)}`];
  const open = events.filter((event) => event.type === 'step.started').length;
  const closed = events.filter((event) => event.type === 'step.ended').length;
  return [
    ...(last.outcome === 'interrupted' ? [] : [`it says ${last.outcome}`]),
    ...(open === closed ? [] : [`${open} steps were begun, and the end of ${closed} was told`]),
    ...(!stderr.includes('interrupted') ? ['the operator was not told'] : []),
  ];
}

function stepsDone(events: readonly Event[]): number {
  return events.filter((event) => event.type === 'step.ended' && event.outcome === 'done').length;
}
