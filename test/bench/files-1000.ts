import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { defineCase } from './define-case.ts';
import { createFleet, type Fleet } from './fleet/create-fleet.ts';
import { shellEach, ssh } from './shell-each.ts';
import { runAnsible, runDabook, runMitogen } from './tools.ts';

interface Tree {
  readonly fleet: Fleet;
  readonly source: string;
}

const folders = 20;
const filesEach = 50;

export default defineCase<Tree>({
  name: 'files-1000',
  title: `${folders * filesEach} files of 1 to 4 KB in ${folders} folders, to one host at a round trip of 25 ms that has none of them`,
  wanted: [
    { against: 'ansible', atLeast: 100 },
    { against: 'mitogen', atLeast: 10 },
    { against: 'tar over ssh', atMost: 1.5 },
  ],
  setUp: async (folder) => {
    const source = `${folder}/tree`;
    for (let part = 0; part < folders; part++) {
      await mkdir(`${source}/folder-${part}`, { recursive: true });
      for (let number = 0; number < filesEach; number++) {
        const text = `${part}.${number}\n`.repeat(200 + ((part * 37 + number * 11) % 400));
        await writeFile(`${source}/folder-${part}/${number}.txt`, text, { mode: 0o644 });
      }
    }
    return { source, fleet: await createFleet(folder, { hosts: 1, roundTrip: 0.025, vars: { source } }) };
  },
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    {
      name: 'dabook',
      prepare: clean,
      run: ({ fleet }, measured) => runDabook(fleet, 'tree.ts', measured),
      verify,
    },
    {
      name: 'tar over ssh',
      prepare: clean,
      run: ({ fleet, source }, measured) =>
        shellEach(
          fleet,
          `tar -cf - -C ${source} . | ${ssh(fleet)} "mkdir $2/tree && tar -xf - -C $2/tree"`,
          measured,
        ),
      verify,
    },
    {
      name: 'ansible unarchive',
      prepare: clean,
      runs: 3,
      run: ({ fleet }, measured) => runAnsible(fleet, 'tree-unarchive.yml', measured),
      verify,
    },
    {
      name: 'mitogen',
      prepare: clean,
      runs: 2,
      rehearsed: false,
      run: ({ fleet }, measured) => runMitogen(fleet, 'tree.yml', measured),
      verify,
    },
    {
      name: 'ansible',
      prepare: clean,
      // A quarter of an hour each.
      runs: 1,
      rehearsed: false,
      run: ({ fleet }, measured) => runAnsible(fleet, 'tree.yml', measured),
      verify,
    },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});

async function clean({ fleet }: Tree): Promise<void> {
  for (const { place } of fleet.hosts) await rm(`${place}/tree`, { recursive: true, force: true });
}

async function verify({ fleet, source }: Tree): Promise<void> {
  const names = (await readdir(source, { recursive: true })).sort();
  for (const { place } of fleet.hosts) {
    const found = (await readdir(`${place}/tree`, { recursive: true })).sort();
    if (found.join('\n') !== names.join('\n'))
      throw new Error(`${place}/tree has other files than ${source}`);
    for (const name of names.filter((path) => path.endsWith('.txt'))) {
      const [there, here] = await Promise.all([
        readFile(`${place}/tree/${name}`, 'utf8'),
        readFile(`${source}/${name}`, 'utf8'),
      ]);
      if (there !== here) throw new Error(`${place}/tree/${name} has another content`);
    }
  }
}
