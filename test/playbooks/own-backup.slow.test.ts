import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Fact, Host } from '../../lib/index.ts';
import { backup, listBackups } from '../../lib/tasks/backup/index.ts';
import type { Membership, SwarmNode } from '../../lib/tasks/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { backUp } from '../../playbooks/digital-access/back-up.ts';
import { isOwnInstallation, notesOf } from '../../playbooks/digital-access/backup-notes.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { noWayBack } from '../../playbooks/digital-access/no-way-back.ts';
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

  /** Makes an archive, a minute younger than the one before: of an installation of its own, unless told. */
  const save = async (alone: boolean, isDamaged = false, more: object = {}): Promise<string> => {
    minutes += 1;
    const own = { stack: 'da', compose_dir: '/c', role: 'manager', labels: {}, before_rollback: false };
    const notes = { ...own, alone, deployed: ['policy'], minutes, ...more };
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
  await t.rejects(found(), { code: 'refused', message: /\(1 of other states\)$/ });
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

t.test('what was no installation at work is not gone back to', async (t) => {
  const { save, found } = place(t);
  await save(true, false, { deployed: [] });
  await t.rejects(found(), { code: 'refused', message: /its own with its services deployed \(1 of/ });
  const own = await save(true);
  await save(true, false, { deployed: [], labels: {} });
  t.equal(await found(), own, 'a join that was cut off: stack and labels were gone already');
  await save(true, false, { before_rollback: true });
  t.equal(await found(), own, 'nor what a rollback was about to overwrite');
});

t.test('notes of a host', async (t) => {
  const installation = { stack: 'da', compose_dir: '/c' };
  const nodes = [
    { id: 'me', hostname: 'da2', address: '10.0.0.2', state: 'ready' },
    { id: 'old', hostname: 'da2', address: '10.0.0.2', state: 'down' },
  ] as SwarmNode[];
  const membership: Membership = {
    state: 'active',
    role: 'manager',
    nodeId: 'me',
    clusterId: 'own',
    managers: [],
    nodes,
  };
  const holding = (names: readonly string[], services: readonly string[]) =>
    ({
      name: 'da2',
      read: async ({ key }: Fact<unknown>) => {
        if (key.startsWith('["swarm node"')) return { labels: { zone: 'east' } };
        return key.startsWith('["swarm holdings"') ? { nodes: names } : { services };
      },
    }) as unknown as Host;
  const own = await notesOf(holding([], ['da_policy', 'da_db']), membership, installation);
  t.match(own, { alone: true, deployed: ['policy', 'db'], labels: { zone: 'east' } });
  t.ok(isOwnInstallation(own));
  t.notOk(
    isOwnInstallation(await notesOf(holding([], []), membership, installation)),
    'its stack is stopped',
  );
  t.notOk(isOwnInstallation(await notesOf(holding(['x'], ['da_a']), membership, installation)), 'not alone');
  const { nodes: _nodes, ...leaderless } = membership;
  t.same(await notesOf(holding([], []), leaderless, installation), {
    ...installation,
    role: 'manager',
    before_rollback: false,
    alone: false,
    deployed: [],
    labels: {},
  });

  const { root, installationWith, save } = place(t);
  const at = (services: readonly string[], names: readonly string[] = []) =>
    noWayBack(holding(names, services), membership, installationWith());
  t.equal(await at(['da_policy']), undefined);
  t.match(
    await at([]),
    /^da2 goes in with no way back: its stack da is not deployed, and there is no backup/,
  );
  t.match(await at(['da_policy'], ['db1']), /its swarm holds other nodes/);
  t.match(
    await noWayBack(holding([], []), { state: 'inactive', managers: [] }, installationWith()),
    /it is in no swarm of its own/,
  );
  await save(true);
  t.equal(await at([]), undefined, `there is a backup of it in ${root}`);
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
