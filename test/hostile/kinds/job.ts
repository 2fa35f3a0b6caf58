import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine } from '../command-line.ts';
import { outputFaults, placeFaults, type Told } from '../told.ts';

/** What a run is told beside its playbook and its inventory: it reaches this machine alone, whatever the input says. */
export const harmless: readonly string[] = [
  '--no-type-check',
  '--no-lock',
  '--check',
  '-e',
  'ansible_connection=local ansible_become=false',
];

/** The name of the file that the job makes on the hosts that it reaches: it is there once something was connected to. */
const mark = 'connected';

/** The job of all inputs: it reads variables of some types, and leaves its mark on the first host that it reaches. */
export function jobText(folder: string): string {
  return `import { fact, playbook, sh } from 'dabook';
import { z } from 'zod';
const mark = fact({ key: ['mark'], read: (ask) => ask.sh(sh\`: >${'${'}${JSON.stringify(join(dirname(folder), mark))}}\`) });
const vars = z.looseObject({ greeting: z.string(), http_port: z.number().optional(), paths: z.array(z.string()).optional() });
export default playbook(
  { name: 'Job', vars: z.looseObject({ version: z.string().optional() }), groups: { all: z.looseObject({}), web: vars } },
  async ({ groups: { all }, play }) => {
    await play('Mark', all.slice(0, 1), (host) => host.read(mark));
  },
);
`;
}

/** Runs the job with an inventory, and looks at what it told and did. */
export async function jobFaults(
  folder: string,
  args: readonly string[],
  { file, input }: { readonly file: string; readonly input: Buffer },
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const marked = join(dirname(folder), mark);
  rmSync(marked, { force: true });
  // Beside the inputs, so that it is compiled once.
  const job = join(dirname(folder), 'job.mjs');
  if (!existsSync(job)) writeFileSync(job, jobText(folder));
  const told = await commandLine(['run', job, ...args, ...harmless], folder, env);
  return [...outputFaults(told), ...runFaults(told, existsSync(marked), file, input)];
}

function runFaults(told: Told, isMarked: boolean, file: string, input: Buffer): readonly string[] {
  if (told.status !== 2) return [];
  const touched = isMarked ? ['a host was reached, and then the input was refused'] : [];
  return [...touched, ...placeFaults(told, file, input)];
}
