import { join } from 'node:path';
import { copyKeys, copyTree, keyFiles, ownedTree } from '../../../lib/tasks/files/index.ts';
import type { Case } from './case.ts';
import { bytes, file, folder, isRoot, link, other } from './starting-state.ts';

const skip = isRoot ? undefined : 'other users take root';

/** Tasks of folders. */
export const treeCases: readonly Case[] = [
  {
    title: 'copyTree: into a folder that is missing',
    prepare: ({ control }) => {
      for (const path of ['a', 'sub/b', 'sub/deep/c', 'sub/deep/d']) file(control, `src/${path}`, path);
      file(control, 'src/run', '#!/bin/sh\n', 0o755);
      folder(control, 'src/empty');
    },
    work: (host, { host: dir, control }) =>
      host.run(
        copyTree({
          src: join(control, 'src'),
          dest: `${dir}/site`,
          owner: other,
          group: other,
          dirMode: '0750',
        }),
      ),
    isTimed: (path) => path.includes('/site/'),
    within: 'many',
  },
  {
    title: 'copyTree: some of it is there',
    prepare: ({ host, control }) => {
      for (const path of [
        'same',
        'changed',
        'mode',
        'new',
        'sub/changed',
        'sub/mode',
        'sub/new/x',
        'sub/new/y',
      ])
        file(control, `src/${path}`, path);
      for (const path of ['same', 'mode', 'sub/mode']) file(host, `site/${path}`, path);
      for (const path of ['changed', 'sub/changed']) file(host, `site/${path}`, 'old', 0o600, [other, other]);
      file(host, 'site/sub/beyond', 'stays');
      for (const path of ['mode', 'sub/mode']) file(host, `site/${path}`, path, 0o600, [other, other]);
      folder(host, 'site/sub', 0o2700, [other, other]);
    },
    work: (host, { host: dir, control }) =>
      host.run(
        copyTree({
          src: join(control, 'src'),
          dest: `${dir}/site`,
          ...(isRoot ? { owner: 1004, group: 1004 } : {}),
          dirMode: '0755',
        }),
      ),
    within: 'many',
  },
  {
    title: 'copyTree: large files',
    prepare: ({ host, control }) => {
      file(control, 'src/large', bytes(2));
      file(control, 'src/sub/large', bytes(5));
      file(host, 'site/large', 'old', 0o600);
    },
    work: (host, { host: dir, control }) =>
      host.run(copyTree({ src: join(control, 'src'), dest: `${dir}/site` })),
    isTimed: (path) => path.includes('/site/'),
    within: 'few',
    atRandom: 4,
  },
  {
    title: 'copyKeys: a new folder, below one that is missing',
    prepare: ({ host }) => {
      file(host, 'from/internal.key', 'internal', 0o600);
      file(host, 'from/shared.key', 'shared', 0o600);
    },
    work: async (host, { host: dir }) => {
      const from = await host.read(keyFiles({ dir: `${dir}/from`, match: ['*internal*', '*shared*'] }));
      const owners = isRoot ? { owner: 1003, group: 1003 } : {};
      await host.run(copyKeys({ from, dir: `${dir}/deep/er/keys`, ...owners, parents: true }));
    },
    within: 'many',
  },
  {
    title: 'copyKeys: one changed, one with another mode, one new',
    prepare: ({ host }) => {
      for (const name of ['a.key', 'b.key', 'c.key']) file(host, `from/${name}`, name, 0o600);
      file(host, 'to/a.key', 'old', 0o600, [other, other]);
      file(host, 'to/b.key', 'b.key', 0o644, [other, other]);
      file(host, 'to/stays', 'of somebody else');
    },
    work: async (host, { host: dir }) => {
      const from = await host.read(keyFiles({ dir: `${dir}/from`, match: ['a*', 'b*', 'c*'] }));
      await host.run(copyKeys({ from, dir: `${dir}/to`, mode: '0400' }));
    },
  },
  {
    title: 'ownedTree: files, folders and links',
    skip,
    prepare: ({ host }) => {
      for (const path of ['a', 'sub/b', 'sub/deep/c', 'other/d']) file(host, `tree/${path}`, path);
      file(host, 'tree/sub/mine', 'mine', 0o640, [1003, 1003]);
      folder(host, 'tree/other', 0o2750, [1004, 1003]);
      link(host, 'tree/sub/link', '/etc/passwd');
    },
    work: (host, { host: dir }) => host.run(ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 })),
    isTimed: () => true,
    within: 'many',
  },
];
