import { defineCase } from './define-case.ts';
import { createFleet } from './fleet/create-fleet.ts';
import { shellEach, ssh } from './shell-each.ts';
import { ansibleEnvironment, job, runDabook } from './tools.ts';

const atOnce = 50;

export default defineCase({
  name: 'connect-1000',
  title: `1,000 hosts, one command each; ${atOnce} hosts at once for every tool`,
  wanted: [
    { against: 'ansible', measure: 'cpu', atLeast: 8 },
    { against: 'ssh', measure: 'cpu', atMost: 1 },
    { measure: 'memory', atMost: 400 },
    { of: 'dabook, 20 tasks', measure: 'memory', against: 'dabook', atMost: 1.1 },
  ],
  runs: 3,
  setUp: async (folder) => ({ fleet: await createFleet(folder, { hosts: 1000 }) }),
  counted: ({ fleet }, run) => fleet.counted(run),
  tools: [
    // It serves 50 hosts at once unless it is told otherwise.
    { name: 'dabook', run: ({ fleet }, measured) => runDabook(fleet, 'one-command.ts', measured) },
    {
      name: 'dabook, 20 tasks',
      run: ({ fleet }, measured) => runDabook(fleet, 'twenty-commands.ts', measured),
    },
    { name: 'ssh', run: ({ fleet }, measured) => shellEach(fleet, `${ssh(fleet)} true`, measured, atOnce) },
    {
      name: 'ansible',
      // As long as all others together.
      rehearsed: false,
      run: async ({ fleet }, measured) => {
        const command = ['ansible-playbook', '-i', fleet.inventory, job('one-command.yml')] as const;
        await measured(command, { env: ansibleEnvironment({ forks: atOnce }) });
      },
    },
  ],
  tearDown: ({ fleet }) => fleet.close(),
});
