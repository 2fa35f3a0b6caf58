import { join } from 'node:path';
import { secret } from '../../../lib/secret.ts';
import { copyFile, fileAbsent, xmlFile, yamlFile } from '../../../lib/tasks/files/index.ts';
import type { Case } from './case.ts';
import { bytes, file, isRoot, link, other } from './starting-state.ts';

const skip = isRoot ? undefined : 'other users take root';

/** Tasks of single files. */
export const fileCases: readonly Case[] = [
  {
    title: 'copyFile: a new file',
    prepare: () => {},
    work: (host, { host: dir }) =>
      host.run(copyFile({ dest: `${dir}/new`, content: 'new\n', mode: '0640', owner: other, group: other })),
    within: 'many',
  },
  {
    title: 'copyFile: other content, mode and owner stay',
    prepare: ({ host }) => file(host, 'motd', 'old\n', 0o4750, [other, other]),
    work: (host, { host: dir }) => host.run(copyFile({ dest: `${dir}/motd`, content: 'new\n' })),
  },
  {
    title: 'copyFile: several files, the second of them a secret',
    prepare: ({ host, control }) => {
      file(control, 'b.txt', 'b\n');
      file(host, 'c', 'c\n');
    },
    work: async (host, { host: dir, control }) => {
      await host.run(copyFile({ src: join(control, 'b.txt'), dest: `${dir}/` }));
      // Not a canary: every process of the case has to want the same.
      await host.run(copyFile({ dest: `${dir}/key`, content: secret('key', 'the key') }));
      await host.run(copyFile({ dest: `${dir}/c`, content: 'other\n', mode: '0600' }));
    },
  },
  {
    title: 'copyFile: mode only',
    prepare: ({ host }) => file(host, 'script', 'text\n'),
    work: (host, { host: dir }) =>
      host.run(copyFile({ dest: `${dir}/script`, content: 'text\n', mode: '4755' })),
    isTimed: () => true,
    within: 'many',
  },
  {
    title: 'copyFile: owner and mode',
    skip,
    prepare: ({ host }) => file(host, 'program', 'text\n', 0o755),
    work: (host, { host: dir }) =>
      host.run(
        copyFile({ dest: `${dir}/program`, content: 'text\n', mode: '6755', owner: 1003, group: 1003 }),
      ),
    isTimed: () => true,
    within: 'many',
  },
  {
    title: 'copyFile: owner only, set-id bits stay',
    skip,
    prepare: ({ host }) => file(host, 'program', 'text\n', 0o6755),
    work: (host, { host: dir }) =>
      host.run(copyFile({ dest: `${dir}/program`, content: 'text\n', owner: 1003 })),
    within: 'many',
  },
  {
    title: 'copyFile: a large file',
    prepare: ({ host, control }) => {
      file(control, 'large', bytes(6));
      file(host, 'large', 'small\n', 0o600);
    },
    work: (host, { host: dir, control }) =>
      host.run(copyFile({ src: join(control, 'large'), dest: `${dir}/large` })),
    within: 'few',
    atRandom: 4,
  },
  {
    title: 'yamlFile: several edits',
    prepare: ({ host }) =>
      file(host, 'versions.yml', '# kept\na:\n  image: x:1\nb:\n  image: y:1\n', 0o640, [other, other]),
    work: (host, { host: dir }) =>
      host.run(
        yamlFile({
          path: `${dir}/versions.yml`,
          edits: [
            { at: ['a', 'image'], set: 'x:2' },
            { at: ['b', 'image'], set: 'y:2' },
            { at: ['c'], set: { image: 'z:1' } },
          ],
        }),
      ),
    within: 'few',
  },
  {
    title: 'yamlFile: a new file',
    prepare: () => {},
    work: (host, { host: dir }) =>
      host.run(
        yamlFile({
          path: `${dir}/new.yml`,
          create: 'version: "3.7"\n',
          edits: [{ at: ['services'], set: { a: 1 } }],
        }),
      ),
  },
  {
    title: 'xmlFile: several values',
    prepare: ({ host }) =>
      file(host, 'c.xml', '<c>\r\n  <id>1</id> <!-- kept -->\r\n  <h name="a" v="x"/>\r\n</c>\r\n', 0o600),
    work: (host, { host: dir }) =>
      host.run(
        xmlFile({
          path: `${dir}/c.xml`,
          set: [
            { name: 'id', at: 'c/id', value: 6 },
            { name: 'v', at: '//h[@name="a"]/@v', value: secret('v', 'y') },
          ],
        }),
      ),
    within: 'few',
  },
  {
    title: 'fileAbsent: a file and a link',
    prepare: ({ host }) => {
      file(host, 'in/file', 'text\n');
      file(host, 'in/stays', 'text\n');
      link(host, 'in/link', 'stays');
    },
    work: async (host, { host: dir }) => {
      await host.run(fileAbsent({ path: `${dir}/in/file` }));
      await host.run(fileAbsent({ path: `${dir}/in/link` }));
    },
    isTimed: () => true,
    within: 'many',
  },
];
