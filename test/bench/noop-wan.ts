import { createConfigured } from './configured.ts';
import { defineCase } from './define-case.ts';
import { shellEach, ssh } from './shell-each.ts';
import { runAnsible, runDabook, runMitogen } from './tools.ts';

export default defineCase({
  name: 'noop-wan',
  title: '3 hosts at a round trip of 100 ms, 50 tasks; nothing to do',
  wanted: [
    { against: 'ansible', atLeast: 60 },
    { against: 'mitogen', atLeast: 20 },
    { against: 'handshake', atMostPlus: 0.3 },
  ],
  setUp: async (folder) => {
    const configured = await createConfigured(folder, { hosts: 3, parts: 5, roundTrip: 0.1 });
    await configured.put('wanted');
    return configured;
  },
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    {
      name: 'dabook',
      run: ({ fleet }, measured) => runDabook(fleet, 'config-50.ts', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'mitogen',
      run: ({ fleet }, measured) => runMitogen(fleet, 'config-50.yml', measured),
      verify: ({ verify }) => verify(),
    },
    {
      name: 'ansible',
      runs: 3,
      run: ({ fleet }, measured) => runAnsible(fleet, 'config-50.yml', measured),
      verify: ({ verify }) => verify(),
    },
    // With -f it goes to the background as soon as it is logged in, before it asks for anything.
    { name: 'handshake', run: ({ fleet }, measured) => shellEach(fleet, `${ssh(fleet)} -fN`, measured) },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});
