import type { Lab } from '../lab/lab.ts';
import { doomedRun } from './doomed.ts';
import { differences, type EndState, endStateOf } from './end-state.ts';
import { haJob } from './ha-job.ts';
import { type Job, notConverged, stepsOf, unlessWell } from './job.ts';
import { leftoversOn } from './leftovers.ts';
import { moreJob } from './more-job.ts';
import type { Part } from './part.ts';
import { share, withLabs } from './with-labs.ts';

interface Point {
  readonly step: number;
  readonly moment: 'before' | 'after';
}

/** The HA job, and one of the tasks that it has not: see `killedAnywhere`. */
export const killPoints: Part = killedAnywhere(haJob);
export const morePoints: Part = killedAnywhere(moreJob);

/**
 * SIGKILL of the controller before and after every step of a job, each from the starting state; then a whole
 * run. Several labs share the points. Each compares with its own undisturbed run, since keys and addresses are its
 * own. Steps of different hosts come in another order each time: it is numbers that are enumerated.
 */
function killedAnywhere(jobFor: (lab: Lab) => Promise<Job>): Part {
  return ({ report, labs: count, only }) =>
    withLabs(count, async (labs) => {
      const workers = await Promise.all(
        labs.map(async (lab) => {
          const job = await jobFor(lab);
          return { job, wanted: await undisturbed(job) };
        }),
      );
      const steps = Math.max(...workers.map(({ wanted }) => wanted.steps));
      for (const { wanted } of workers) {
        report.told(
          `an undisturbed run of ${wanted.steps} steps`,
          wanted.faults,
          inSeconds(wanted.milliseconds),
        );
      }
      const points = Array.from({ length: steps }, (_, index) => index + 1)
        .filter((step) => only === undefined || only.includes(step))
        .flatMap((step): Point[] => [
          { step, moment: 'before' },
          { step, moment: 'after' },
        ]);
      const same = { before: 0, after: 0 };
      await share(workers, points, async ({ job, wanted }, point) => {
        const { faults, figures } = await tryPoint(job, point, wanted.state);
        if (faults.length === 0) same[point.moment] += 1;
        report.told(`SIGKILL ${point.moment} step ${point.step} of ${steps}`, faults, figures);
      });
      const each = points.length / 2;
      report.note(
        `before each step: ${same.before} of ${each}; after each step: ${same.after} of ${each} ended in the same state`,
      );
    });
}

/** The job from its starting state with no fault: what every other way has to end in. */
export async function undisturbed(job: Job) {
  await job.reset();
  const started = performance.now();
  const ran = await job.run();
  const milliseconds = performance.now() - started;
  const faults = [...unlessWell('it', ran), ...(await notConverged(job))];
  return { steps: stepsOf(ran.events).length, milliseconds, state: await endStateOf(job.lab), faults };
}

async function tryPoint(job: Job, { step, moment }: Point, wanted: EndState) {
  await job.reset();
  const { lab, playbook, options, become } = job;
  const begun = performance.now();
  const doomed = await doomedRun(
    { playbook, inventory: lab.inventoryFile, options, become, step, moment },
    lab.dir,
  );
  const killed = performance.now();
  const whole = await job.run();
  const over = performance.now();
  const faults = [
    ...(doomed.end === 'SIGKILL'
      ? []
      : [`it was to be killed and ended with ${doomed.end}: ${doomed.stderr}`]),
    ...unlessWell('the whole run', whole),
    ...(await notConverged(job)),
    ...differences(wanted, await endStateOf(lab)),
    ...(await leftoversOn(lab)),
  ];
  const figures = `killed after ${inSeconds(killed - begun)}, whole run ${inSeconds(over - killed)}`;
  return { faults, figures };
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
