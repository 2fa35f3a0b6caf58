import { parseArgs } from 'node:util';
import { createReport, type Report } from '../faults/report.ts';

export interface PartOptions {
  readonly report: Report;
  readonly seed: number;
  readonly times: number | undefined;
  readonly only: readonly string[] | undefined;
  readonly number: number | undefined;
}

const parts: Readonly<Record<string, (options: PartOptions) => Promise<void>>> = {
  inputs: async (options) =>
    (await import('./inputs.ts')).inputs({ ...options, times: options.times ?? 5000 }),
  'cli-inputs': async (options) => (await import('./cli-inputs.ts')).cliInputs(options),
  quoting: async (options) => (await import('./quoting.ts')).quoting(options),
  framing: async (options) => (await import('./framing.ts')).framing(options),
};

const HELP = `npm run test:hostile -- [part ...] [options]

  --times N     how many inputs, or values
  --seed N      of the random numbers; 1 by default
  --only LIST   only these kinds of inputs, or shells: inventory,compose
  --number N    the input of that number alone

Parts: ${Object.keys(parts).join(', ')}; all of them where none is named`;

/** @returns the exit status: 0 where all held, 1 where something did not, 2 for wrong arguments */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      times: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      number: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(parts);
  const wrong = names.find((name) => parts[name] === undefined);
  if (values.help || wrong !== undefined) {
    if (wrong !== undefined) console.error(`There is no part "${wrong}".\n`);
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const report = createReport((line) => console.log(line));
  const numberOf = (given: string | undefined) => (given === undefined ? undefined : Number(given));
  for (const name of names) {
    console.log(`\n${name}`);
    const started = performance.now();
    await parts[name]?.({
      report,
      seed: Number(values.seed),
      times: numberOf(values.times),
      only: values.only?.split(','),
      number: numberOf(values.number),
    });
    report.note(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  }
  console.log(`\n${report.passed} passed, ${report.failed} failed`);
  return report.failed === 0 && report.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
