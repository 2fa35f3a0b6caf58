import { mkdir } from 'node:fs/promises';
import type { Case, Tool } from './define-case.ts';
import { createMeter } from './measured.ts';
import type { CaseResult, ToolResult } from './result.ts';
import type { Sample } from './sample.ts';

export interface RunCaseOptions {
  /** A new empty folder. */
  readonly folder: string;
  /** Measured runs of each tool; the case's own number by default. */
  readonly runs?: number | undefined;
  /** What the tools see of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
}

interface Entry<Context> {
  readonly tool: Tool<Context>;
  readonly wanted: number;
  readonly samples: Sample[];
  counts: Partial<Sample>;
  fault?: string;
}

/**
 * Runs a case: a run of each tool that is not measured, in which what travels is counted, then all tools in turn
 * as often as wanted. A tool that fails is told and left out from then on; the others go on.
 */
export async function runCase<Context>(
  definition: Case<Context>,
  { folder, runs, environment, tell }: RunCaseOptions,
): Promise<CaseResult> {
  const wanted = runs ?? definition.runs ?? 5;
  const scratch = `${folder}/scratch`;
  await mkdir(scratch);
  tell('setting up');
  const context = await definition.setUp(folder);
  const entries = definition.tools.map(
    (tool): Entry<Context> => ({
      tool,
      wanted: Math.min(wanted, tool.runs ?? wanted),
      samples: [],
      counts: {},
    }),
  );

  async function once(tool: Tool<Context>): Promise<Sample> {
    const meter = createMeter(scratch, environment);
    await tool.prepare?.(context);
    const started = performance.now();
    const own = await tool.run(context, meter.measured);
    const seconds = (performance.now() - started) / 1000;
    const sample = { ...(meter.taken() ?? { seconds }), ...own };
    await tool.verify?.(context);
    return sample;
  }

  async function first(entry: Entry<Context>): Promise<void> {
    const { counted = uncounted } = definition;
    const { tool, samples } = entry;
    let sample: Sample | undefined;
    entry.counts = await counted(context, async () => {
      sample = await once(tool);
    });
    if (sample === undefined) return;
    tell(`${tool.name}: ${sample.seconds.toFixed(3)} s, ${tool.rehearsed === false ? 'run 1' : 'rehearsal'}`);
    if (tool.rehearsed === false) samples.push(sample);
  }

  async function next({ tool, samples }: Entry<Context>): Promise<void> {
    const sample = await once(tool);
    samples.push(sample);
    tell(`${tool.name}: ${sample.seconds.toFixed(3)} s, run ${samples.length}`);
  }

  const attempt = async (entry: Entry<Context>, work: (entry: Entry<Context>) => Promise<void>) => {
    if (entry.fault !== undefined) return;
    try {
      await work(entry);
    } catch (error) {
      entry.fault = error instanceof Error ? error.message : String(error);
      tell(`${entry.tool.name} failed: ${entry.fault}`);
    }
  };

  try {
    for (const entry of entries) await attempt(entry, first);
    for (let round = 0; round < wanted; round++) {
      const due = entries.filter(({ samples, wanted: most }) => samples.length < most);
      // Each round begins with another tool, so that none always follows the same one.
      const turned = due.map((_, index) => due[(index + round) % due.length]);
      for (const entry of turned) if (entry !== undefined) await attempt(entry, next);
    }
  } finally {
    await definition.tearDown?.(context);
  }
  const tools = entries.map(
    ({ tool: { name }, samples, counts, fault }): ToolResult =>
      fault === undefined ? { name, samples, counts } : { name, samples, counts, fault },
  );
  return { name: definition.name, title: definition.title, wanted: definition.wanted, tools };
}

async function uncounted(_context: unknown, run: () => Promise<void>): Promise<Partial<Sample>> {
  await run();
  return {};
}
