import { createConfigured } from './configured.ts';
import { defineCase } from './define-case.ts';
import { runAnsible, runDabook, runMitogen } from './tools.ts';

export default defineCase({
  name: 'change-20x10',
  title: '20 hosts, 8 files with another content and 2 that must go; every task has something to do',
  wanted: [
    { against: 'ansible', atLeast: 12 },
    { against: 'mitogen', atLeast: 3 },
  ],
  setUp: (folder) => createConfigured(folder, { hosts: 20, parts: 1 }),
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    {
      name: 'dabook',
      prepare: ({ put }) => put('before'),
      run: ({ fleet }, measured) => runDabook(fleet, 'config-10.ts', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'mitogen',
      prepare: ({ put }) => put('before'),
      run: ({ fleet }, measured) => runMitogen(fleet, 'config-10.yml', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'ansible',
      runs: 3,
      prepare: ({ put }) => put('before'),
      run: ({ fleet }, measured) => runAnsible(fleet, 'config-10.yml', measured),
      verify: ({ verify }) => verify(),
    },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});
