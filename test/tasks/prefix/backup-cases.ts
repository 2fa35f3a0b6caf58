import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, listBackups, restore } from '../../../lib/tasks/backup/index.ts';
import type { Case } from './case.ts';
import type { Place } from './place.ts';
import { runCase } from './run-case.ts';
import { bytes, file, folder, isRoot, link, longAgo, other } from './starting-state.ts';

const saved = (dir: string) => [`${dir}/config`, `${dir}/compose.yml`, `${dir}/not there`];

/** An installation, with everything that a backup keeps. */
function furnish(host: string): void {
  file(host, 'config/policy/core.xml', '<core/>\n', 0o640, [other, other]);
  file(host, 'config/policy/keys/internal.key', 'the key', 0o600, [other, other]);
  file(host, 'config/program', 'x', 0o4755);
  file(host, 'config/logs/big.log', 'noise\n');
  file(host, 'config/odd/[a] "*', 'odd\n');
  file(host, 'compose.yml', 'services: {}\n');
  folder(host, 'config/empty', 0o700);
  link(host, 'config/odd/link', '../nowhere');
  folder(host, 'config/policy/keys', 0o2750, [other, other]);
  folder(host, 'config/policy', 0o751, [other, other]);
}

const save = ({ host, control }: Place, paths = saved(host)) =>
  backup({
    to: join(control, 'backups'),
    paths,
    exclude: paths.includes(`${host}/config`) ? [`${host}/config/logs`] : [],
  });

/** The archive of a state, made once for each place: its bytes hold when it was made. */
function archived(furnishing: (host: string) => void, paths?: (dir: string) => string[]) {
  const known = new Map<string, { readonly name: string; readonly content: Buffer }>();
  return async (at: Place, mtime = longAgo): Promise<string> => {
    const folderOf = join(at.control, 'backups');
    furnishing(at.host);
    let made = known.get(at.root);
    if (made === undefined) {
      const before = existsSync(folderOf) ? readdirSync(folderOf) : [];
      await runCase(
        { title: '', prepare: () => {}, work: (host) => host.run(save(at, paths?.(at.host))) },
        at,
      );
      const name = readdirSync(folderOf).find((one) => !before.includes(one)) ?? '';
      made = { name, content: readFileSync(join(folderOf, name)) };
      known.set(at.root, made);
    }
    if (!existsSync(folderOf)) folder(at.control, 'backups', 0o700);
    const path = join(folderOf, made.name);
    writeFileSync(path, made.content, { mode: 0o600 });
    utimesSync(path, mtime, mtime);
    return path;
  };
}

/** The archive that a restore takes: of the first state there was. */
const onlyArchive = ({ control }: Place) => {
  const [name = ''] = readdirSync(join(control, 'backups'));
  return join(control, 'backups', name);
};

const furnished = archived(furnish);
const large = archived(
  (host) => file(host, 'data/large', bytes(6)),
  (dir) => [`${dir}/data`],
);
const first = archived(furnish);
const second = archived((host) => {
  furnish(host);
  file(host, 'compose.yml', 'changed\n');
});

/** Tasks of backups. */
export const backupCases: readonly Case[] = [
  {
    title: 'backup: several paths, into a folder that is missing',
    prepare: ({ host }) => furnish(host),
    work: (host, at) => host.run(save(at)),
    isTimed: (path) => !path.endsWith('.tar.gz'),
    within: 'many',
  },
  {
    title: 'backup: a state that the host came back to',
    async prepare(at) {
      await first(at, longAgo);
      await second(at, longAgo + 1000);
      furnish(at.host);
    },
    work: (host, at) => host.run(save(at)),
    also: async ({ control }) =>
      (await listBackups(join(control, 'backups'), 'here')).map(({ path }) => path),
    within: 'few',
  },
  {
    title: 'backup: an archive that is damaged, and read by others',
    async prepare(at) {
      const path = await furnished(at);
      writeFileSync(path, readFileSync(path).subarray(0, 200));
    },
    work: (host, at) => host.run(save(at)),
  },
  {
    title: 'backup: a large file',
    prepare: ({ host }) => file(host, 'data/large', bytes(6)),
    work: (host, at) => host.run(save(at, [`${at.host}/data`])),
    atRandom: 4,
  },
  {
    title: 'restore: several paths of which nothing is left',
    async prepare(at) {
      await furnished(at);
      for (const path of ['config', 'compose.yml']) rmSync(join(at.host, path), { recursive: true });
    },
    work: (host, at) => host.run(restore({ archive: onlyArchive(at) })),
    isTimed: (path) => !path.endsWith('.tar.gz'),
    within: 'many',
  },
  {
    title: 'restore: several paths of which some is changed, missing, or too much',
    async prepare(at) {
      await furnished(at);
      const { host } = at;
      file(host, 'config/policy/core.xml', 'changed', 0o600);
      file(host, 'config/policy/beyond', 'stays');
      file(host, 'compose.yml', 'services: {}\n', 0o600);
      rmSync(join(host, 'config/policy/keys'), { recursive: true });
      rmSync(join(host, 'config/odd/link'));
      link(host, 'config/odd/link', 'elsewhere');
      folder(host, 'config/empty', 0o755);
    },
    work: (host, at) => host.run(restore({ archive: onlyArchive(at) })),
    isTimed: (path) => !path.endsWith('.tar.gz'),
    within: 'many',
  },
  {
    title: 'restore: one path, folders above it are missing',
    async prepare(at) {
      await furnished(at);
      rmSync(join(at.host, 'config'), { recursive: true });
    },
    work: (host, at) =>
      host.run(restore({ archive: onlyArchive(at), paths: [`${at.host}/config/policy/keys`] })),
    isTimed: (path) => !path.endsWith('.tar.gz'),
    within: 'many',
  },
  {
    title: 'restore: a large file',
    async prepare(at) {
      await large(at);
      file(at.host, 'data/large', 'small');
    },
    work: (host, at) => host.run(restore({ archive: onlyArchive(at) })),
    atRandom: 4,
  },
  {
    title: 'restore, then a backup of it',
    async prepare(at) {
      await furnished(at);
      file(at.host, 'config/policy/core.xml', 'changed', 0o600);
      if (isRoot) folder(at.host, 'config/policy', 0o700, [1004, 1004]);
    },
    work: async (host, at) => {
      const archive = onlyArchive(at);
      await host.run(restore({ archive }));
      await host.run(backup({ to: join(at.control, 'second'), paths: [`${at.host}/config`] }));
    },
  },
];
