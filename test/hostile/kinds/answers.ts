import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandLine } from '../command-line.ts';
import { buffers, type Kind } from '../kind.ts';
import { outputFaults, placeFaults } from '../told.ts';
import { harmless } from './job.ts';

const gateJob = `import { playbook } from 'dabook';
import { gate } from 'dabook/tasks';
import { z } from 'zod';
const ids = z.looseObject({ policy: z.int().nullish(), name: z.string().nullish(), done: z.boolean().nullish() }).nullish();
export default playbook(
  { name: 'Gate', vars: z.looseObject({ ids: ids }), groups: { all: z.looseObject({}) } },
  async ({ vars, groups: { all }, play }) => {
    await play('Ask', all, (host) =>
      host.run(
        gate({
          title: 'Administration',
          variable: 'ids',
          checklist: [{ title: 'Register', lines: ['a', 'b'] }],
          questions: [
            { name: 'policy', text: 'id of the policy', kind: 'integer' },
            { name: 'name', text: 'its name', kind: 'text' },
            { name: 'done', text: 'is it published', kind: 'confirm' },
          ],
          given: vars.ids ?? {},
          keep: { path: '/nonexistent/answers.yml' },
        }),
      ),
    );
  },
);
`;

/** A file of answers: given with -e, and found in its place by a run that would leave one. */
export const answers: Kind = {
  corpus: buffers(
    '# Administration\n#   Register: a\n\nids:\n  # id of the policy: a whole number\n  policy: 12\n  # its name: a text\n  name: "da"\n  done: true\n',
    'ids:\n  policy:\n  name:\n  done:\n',
    '{"ids": {"policy": "7", "name": "x", "done": "yes"}}\n',
  ),
  share: 6,
  async check(input, folder) {
    const job = join(dirname(folder), 'gate.mjs');
    if (!existsSync(job)) writeFileSync(job, gateJob);
    writeFileSync(join(folder, 'answers.yml'), input);
    const words = ['run', job, '-i', 'one,', ...harmless];
    const given = await commandLine([...words, '-e', '@answers.yml'], folder);
    const found = await commandLine(
      words.filter((word) => word !== '--check'),
      folder,
    );
    return [
      ...outputFaults(given),
      ...(given.status === 2 ? placeFaults(given, 'answers.yml', input) : []),
      ...outputFaults(found),
    ];
  },
};
