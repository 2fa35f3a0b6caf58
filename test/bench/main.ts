import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { betweenMarkers } from './between-markers.ts';
import { cases } from './cases.ts';
import { installPeers } from './install-peers.ts';
import { machineFacts } from './machine-facts.ts';
import { type Report, renderResults } from './render-results.ts';
import type { CaseResult } from './result.ts';
import { startCase } from './start-case.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const args = process.argv.slice(2);

const HELP = `npm run bench -- [case ...] [options]

  --runs N       measured runs of each tool; by default each case's own number
  --json FILE    write everything as JSON
  --write FILE   put the results into a Markdown file, between its markers

Cases: ${Object.keys(cases).join(', ')}`;

/** @returns the exit status: 0 whatever the ratios are, 1 where a case or a tool failed, 2 for wrong arguments */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(cases);
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  const wrong = names.find((name) => cases[name] === undefined);
  const wrongRuns = runs !== undefined && !(Number.isInteger(runs) && runs > 0);
  if (values.help || wrong !== undefined || wrongRuns) {
    if (wrong !== undefined) console.error(`There is no case "${wrong}".\n`);
    if (wrongRuns) console.error('--runs takes a whole number from 1.\n');
    console.log(HELP);
    return values.help ? 0 : 2;
  }

  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => ending.abort());
  await installPeers(console.log);
  const results: CaseResult[] = [];
  let failed = false;
  for (const name of names) {
    const load = cases[name];
    if (load === undefined || ending.signal.aborted) continue;
    console.log(`\n${name}`);
    try {
      const { default: definition } = await load();
      const result = await startCase(definition, runs, (line) => console.log(`  ${line}`), ending.signal);
      failed ||= result.tools.some(({ fault }) => fault !== undefined);
      results.push(result);
    } catch (error) {
      failed = true;
      console.error(error instanceof Error ? error.message : error);
    }
  }

  // Half of a benchmark is not written over a whole one.
  if (ending.signal.aborted) return 1;
  const command = ['npm run bench --', ...args].join(' ');
  const report: Report = { machine: machineFacts(root), command, cases: results };
  const text = renderResults(report);
  console.log(`\n${text}`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.write !== undefined) {
    await writeFile(values.write, betweenMarkers(await readFile(values.write, 'utf8'), text));
  }
  return failed ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
