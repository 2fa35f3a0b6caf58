import { parseArgs } from 'node:util';
import { labNames, readRecord } from '../lab/lab-record.ts';
import { removeLab } from '../lab/remove-lab.ts';
import { numbersIn } from './numbers-in.ts';
import type { Part } from './part.ts';
import { createReport } from './report.ts';

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  'kill-points': async () => (await import('./kill-points.ts')).killPoints,
  'more-points': async () => (await import('./kill-points.ts')).morePoints,
  'host-faults': async () => (await import('./host-faults.ts')).hostFaults,
  'two-runs': async () => (await import('./two-runs.ts')).twoRuns,
  interrupts: async () => (await import('./interrupts.ts')).interrupts,
  soak: async () => (await import('./soak-part.ts')).soakPart,
};

/** What is not done unless it is named. */
const extra = 'more-points';

const HELP = `npm run test:faults -- [part ...] [options]

  --labs N      labs that share the cases of a part, at once; 2 by default
  --times N     how often a part tries what it cannot enumerate
  --only LIST   only these cases of a part: 1,2,30-41
  --seed N      of the random numbers; 1 by default

Parts: ${Object.keys(parts).join(', ')}; all but ${extra} where none is named`;

/** @returns the exit status: 0 where all held, 1 where something did not, 2 for wrong arguments */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      labs: { type: 'string', default: '2' },
      times: { type: 'string' },
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const usual = Object.keys(parts).filter((name) => name !== extra);
  const names = positionals.length > 0 ? positionals : usual;
  const wrong = names.find((name) => parts[name] === undefined);
  if (values.help || wrong !== undefined) {
    if (wrong !== undefined) console.error(`There is no part "${wrong}".\n`);
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const report = createReport((line) => console.log(line));
  for (const name of names) {
    const load = parts[name];
    if (load === undefined) continue;
    console.log(`\n${name}`);
    const started = performance.now();
    try {
      await (await load())({
        report,
        labs: Number(values.labs),
        times: values.times === undefined ? undefined : Number(values.times),
        seed: Number(values.seed),
        only: values.only === undefined ? undefined : numbersIn(values.only),
      });
    } catch (error) {
      report.told(`${name} as a whole`, [
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      ]);
    }
    report.note(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  }
  console.log(`\n${report.passed} passed, ${report.failed} failed`);
  return report.failed === 0 && report.passed > 0 ? 0 : 1;
}

/** Whatever ends this process, but SIGKILL: after that the next lab's start removes them. */
async function removeOwnLabs(): Promise<void> {
  for (const name of labNames()) {
    // Not under the lab's lock, which this process may hold itself.
    if (readRecord(name)?.owner?.pid === process.pid) await removeLab(name);
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void removeOwnLabs().finally(() => process.exit(130)));
}
process.exitCode = await main().finally(removeOwnLabs);
