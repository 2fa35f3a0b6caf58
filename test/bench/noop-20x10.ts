import { createConfigured } from './configured.ts';
import { defineCase } from './define-case.ts';
import { shellEach, ssh } from './shell-each.ts';
import { runAnsible, runDabook, runMitogen } from './tools.ts';

export default defineCase({
  name: 'noop-20x10',
  title: '20 hosts, 8 files with content and mode and 2 that must not be there; nothing to do',
  wanted: [
    { against: 'ansible', atLeast: 25 },
    { against: 'mitogen', atLeast: 6 },
    { against: 'ssh', atMost: 1.5 },
  ],
  setUp: async (folder) => {
    const configured = await createConfigured(folder, { hosts: 20, parts: 1 });
    await configured.put('wanted');
    return configured;
  },
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    {
      name: 'dabook',
      run: ({ fleet }, measured) => runDabook(fleet, 'config-10.ts', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'mitogen',
      run: ({ fleet }, measured) => runMitogen(fleet, 'config-10.yml', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'ansible',
      runs: 5,
      run: ({ fleet }, measured) => runAnsible(fleet, 'config-10.yml', measured),
      verify: ({ verify }) => verify(),
    },
    // All at once, as dabook does: `ssh host true`.
    { name: 'ssh', run: ({ fleet }, measured) => shellEach(fleet, `${ssh(fleet)} true`, measured) },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});
