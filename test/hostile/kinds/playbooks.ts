import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../command-line.ts';
import { buffers, type Kind } from '../kind.ts';
import { outputFaults } from '../told.ts';
import { harmless, jobText } from './job.ts';

let number = 0;

/** The file of a playbook. It is code, so what it does when it is run is its own: what dabook tells of it is looked at. */
export const playbooks: Kind = {
  corpus: buffers(
    jobText('/nonexistent/folder'),
    `import { playbook } from 'dabook';
import { z } from 'zod';
interface Site { readonly name: string; readonly ports?: readonly number[] }
const site: Site = { name: \`a\${1 + 1}\`, ports: [80, 443] };
export default playbook({ name: site.name, groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Nothing', all, async (host) => host.name.toUpperCase());
});
`,
  ),
  share: 5,
  async check(input, folder) {
    number += 1;
    const file = `p${process.pid}-${number}.ts`;
    writeFileSync(join(folder, file), input);
    const told = await commandLine(['run', file, '-i', 'one,', ...harmless], folder);
    const names = told.status !== 2 || told.stderr.includes(file) || told.stderr.includes('-i');
    return [
      ...outputFaults(told),
      ...(names ? [] : [`the error does not name the playbook: ${told.stderr.slice(0, 300)}`]),
    ];
  },
};
