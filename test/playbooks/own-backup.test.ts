import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { backup, listBackups } from '../../lib/tasks/backup/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { backUp } from '../../playbooks/digital-access/back-up.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { ownBackup } from '../../playbooks/digital-access/own-backup.ts';
import type { Site } from '../../playbooks/digital-access/site.ts';
import { onHosts, type Rig } from '../tasks/rig.ts';

const rig: Rig = {
  targets: [{ name: 'da2', connection: 'local', address: 'localhost' }],
  become: false,
  connect: createLocalTransport({ user: 'me' }).connect,
};

function place(t: Test) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dabook own backup ')));
  t.teardown(() => rmSync(root, { recursive: true }));
  const installationWith = (more: object = {}) =>
    Installation.parse({
      version: '6.0.5.60259',
      services: {},
      backup_dir: join(root, 'backups'),
      compose_dir: join(root, 'compose'),
      ...more,
    });
  let minutes = 0;

  /** Makes an archive, a minute younger than the one before. */
  const save = async (alone: boolean, isDamaged = false): Promise<string> => {
    minutes += 1;
    const notes = { stack: 'da', compose_dir: '/c', role: 'manager', alone, labels: {}, minutes };
    const task = backup({ to: join(root, 'backups'), paths: ['/not/there'], notes });
    const { result, error } = await onHosts(rig, async ([host]) => (await host.run(task)).state);
    t.same(error, undefined);
    const path = result?.archive?.path ?? '';
    if (isDamaged) writeFileSync(path, 'half of i');
    utimesSync(path, minutes * 60, minutes * 60);
    return path;
  };
  const found = async () => (await ownBackup('da2', installationWith())).path;
  return { root, installationWith, save, found };
}

t.test('the last backup as an installation of its own', async (t) => {
  const { save, found } = place(t);
  await t.rejects(found(), { code: 'refused', message: /has no backup of da2/, hint: /backup_dir/ });
  await save(false);
  await t.rejects(found(), { code: 'refused', message: /\(1 later ones\)$/ });
  await save(true, true);
  const own = await save(true);
  await save(false);
  t.equal(await found(), own, 'an older one that is damaged does not matter');

  const damaged = await save(true, true);
  const refusal = {
    code: 'refused',
    message: `the backup ${damaged} of da2 is damaged, and may be its last as an installation of its own: incorrect header check`,
    hint: `put a sound copy of it in its place; or move it away, and ${own} is taken, which is older`,
  };
  await t.rejects(found(), refusal);
  const joined = await save(false);
  await t.rejects(found(), refusal, 'nor does it become less likely by a later one in the cluster');
  renameSync(damaged, `${damaged}.damaged`);
  t.equal(await found(), own);
  rmSync(joined);
  const last = await save(true);
  t.equal(await found(), last);
});

t.test('only a damaged one', async (t) => {
  const { save, found } = place(t);
  const damaged = await save(true, true);
  await t.rejects(found(), {
    code: 'refused',
    message: `the backup ${damaged} of da2 is damaged, and may be its last as an installation of its own: incorrect header check`,
    hint: /^put a sound copy of it in its place; there is no other/,
  });
});

t.test('what the inventory leaves out of the backups', async (t) => {
  const { root, installationWith } = place(t);
  const compose = join(root, 'compose');
  mkdirSync(join(compose, 'old dumps'), { recursive: true });
  writeFileSync(join(compose, 'docker-compose.yml'), 'services: {}\n');
  writeFileSync(join(compose, 'old dumps', 'big.sql'), 'big');
  const backedUp = (backup_exclude: readonly string[]) => {
    const site = { services: [], installation: installationWith({ backup_exclude }) } as unknown as Site;
    return onHosts(rig, ([host]) => backUp(host, undefined, site));
  };
  t.same((await backedUp([join(compose, 'old dumps')])).error, undefined);
  const [made] = await listBackups(join(root, 'backups'), 'da2');
  t.same(made?.damage === undefined && made?.files.map(({ path }) => path), [
    compose,
    join(compose, 'docker-compose.yml'),
  ]);
  t.match((await backedUp(['/elsewhere'])).error, {
    code: 'playbook',
    message: /exclude names \/elsewhere, which is below none of the paths/,
  });
});
