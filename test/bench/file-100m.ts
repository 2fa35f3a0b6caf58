import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { defineCase } from './define-case.ts';
import { createFleet, type Fleet } from './fleet/create-fleet.ts';
import { shellEach } from './shell-each.ts';
import { runAnsible, runDabook, runMitogen } from './tools.ts';

interface Large {
  readonly fleet: Fleet;
  readonly source: string;
}

const megabytes = 100;

export default defineCase<Large>({
  name: 'file-100m',
  title: `One file of ${megabytes} MB to 5 hosts that do not have it`,
  wanted: [
    { against: 'ansible', atLeast: 2 },
    { against: 'scp', atMost: 1.2 },
  ],
  setUp: async (folder) => {
    const source = `${folder}/large`;
    const file = await open(source, 'wx', 0o644);
    for (let written = 0; written < megabytes; written++) await file.write(randomBytes(1_000_000));
    await file.close();
    return { source, fleet: await createFleet(folder, { hosts: 5, vars: { source } }) };
  },
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    {
      name: 'dabook',
      prepare: clean,
      run: ({ fleet }, measured) => runDabook(fleet, 'large-file.ts', measured),
      verify,
    },
    {
      name: 'scp',
      prepare: clean,
      run: ({ fleet, source }, measured) =>
        shellEach(fleet, `scp -q -B -P ${fleet.port} ${source} "$1:$2/large"`, measured),
      verify,
    },
    {
      name: 'ansible',
      prepare: clean,
      run: ({ fleet }, measured) => runAnsible(fleet, 'large-file.yml', measured),
      verify,
    },
    {
      name: 'mitogen',
      prepare: clean,
      run: ({ fleet }, measured) => runMitogen(fleet, 'large-file.yml', measured),
      verify,
    },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});

async function clean({ fleet }: Large): Promise<void> {
  for (const { place } of fleet.hosts) await rm(`${place}/large`, { force: true });
}

async function verify({ fleet, source }: Large): Promise<void> {
  const wanted = await readFile(source);
  for (const { place, name } of fleet.hosts) {
    if (!wanted.equals(await readFile(`${place}/large`))) throw new Error(`${name} has another file`);
  }
}
