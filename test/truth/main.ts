import { parseArgs } from 'node:util';
import { haJob } from '../faults/ha-job.ts';
import type { Job } from '../faults/job.ts';
import { numbersIn } from '../faults/numbers-in.ts';
import { createReport } from '../faults/report.ts';
import { share, withLabs } from '../faults/with-labs.ts';
import { labNames, readRecord } from '../lab/lab-record.ts';
import { removeLab } from '../lab/remove-lab.ts';
import { seededRandom } from '../seeded-random.ts';
import { disturbances, moves } from './disturbances.ts';
import { obstacles } from './obstacles.ts';
import { type Done, tryCase } from './try-case.ts';

const HELP = `npm run test:truth -- [options]

  --cases N     random starting states; 200 by default
  --labs N      labs that share them, at once; 1 by default
  --seed N      of the random numbers; 1 by default
  --only LIST   only these cases: 1,2,30-41
  --without LIST  of one case: leave out these of its disturbances, by their places from 1`;

/**
 * The n-th case of a seed: up to four disturbances, each with its own random numbers; in every fourth a move, in every
 * sixth an obstacle.
 */
function caseOf(
  seed: number,
  number: number,
): { readonly done: readonly Done[]; readonly move: Done | undefined } {
  const random = seededRandom(seed * 100_003 + number);
  const one = (of: readonly Done['disturbance'][]): Done => {
    const disturbance = of[Math.floor(random() * of.length)];
    if (disturbance === undefined) throw new Error('there is nothing to choose from');
    const own = seededRandom(Math.floor(random() * 2 ** 31));
    const pick = <T>(list: readonly T[]): T => list[Math.floor(own() * list.length)] as T;
    return { disturbance, pick };
  };
  const count = 1 + Math.floor(random() * 4);
  const done = Array.from({ length: count }, () => one(disturbances));
  if (number % 6 === 5) done.push(one(obstacles));
  return { done, move: number % 4 === 0 ? one(moves) : undefined };
}

/** @returns the exit status: 0 where all held, 1 where something did not, 2 for wrong arguments */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '200' },
      labs: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      without: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const report = createReport((line) => console.log(line));
  const seed = Number(values.seed);
  const all = Array.from({ length: Number(values.cases) }, (_, index) => index + 1);
  const numbers = values.only === undefined ? all : numbersIn(values.only);
  const without = new Set(values.without.split(',').map(Number));
  const started = performance.now();
  await withLabs(Number(values.labs), async (labs) => {
    const jobs = await Promise.all(
      labs.map(async (lab) => {
        // As from version 6.2 on, so that owners are a part of what is wanted.
        const job = await haJob(lab, ['{"owner": {"uid": 1003, "gid": 1003}}']);
        await mend(job);
        return { job, isMended: true };
      }),
    );
    await share(jobs, numbers, async (worker, number) => {
      if (!worker.isMended) await mend(worker.job);
      const { done, move } = caseOf(seed, number);
      const left = done.filter((_, index) => !without.has(index + 1));
      const name = [...left.map(({ disturbance }) => disturbance.name), ...(move ? ['moved'] : [])].join(
        ', ',
      );
      const begun = performance.now();
      const tried = await tryCase(worker.job, left, move).catch((error: unknown) => ({
        faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
        figures: '',
        isMended: false,
      }));
      worker.isMended = tried.isMended;
      const seconds = Math.round((performance.now() - begun) / 1000);
      report.told(`${number}: ${name}`, tried.faults, `${tried.figures}; ${seconds} s`);
    });
  });
  report.note(`${Math.round((performance.now() - started) / 1000)} s`);
  console.log(`\n${report.passed} passed, ${report.failed} failed`);
  return report.failed === 0 && report.passed > 0 ? 0 : 1;
}

/** The starting state, and from there an installation that is as it should be. */
async function mend(job: Job): Promise<void> {
  await job.reset();
  const ran = await job.run();
  if (ran.status !== 0)
    throw new Error(`the lab could not be set up: ${ran.stderr} ${ran.stdout.slice(-2000)}`);
}

/** Whatever ends this process, but SIGKILL: after that the next lab's start removes them. */
async function removeOwnLabs(): Promise<void> {
  for (const name of labNames()) {
    if (readRecord(name)?.owner?.pid === process.pid) await removeLab(name);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void removeOwnLabs().finally(() => process.exit(130)));
}
process.exitCode = await main().finally(removeOwnLabs);
