import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unknown } from 'dabook';
import t, { type Test } from 'tap';
import type { Host } from '../../lib/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { checkAccount } from '../../playbooks/digital-access/check-account.ts';
import { findKeys, removeStrayKeys, strayKeys } from '../../playbooks/digital-access/copy-service-keys.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { findConfiguration, localConfiguration } from '../../playbooks/digital-access/local-configuration.ts';
import { servicesOf } from '../../playbooks/digital-access/service.ts';
import type { Site } from '../../playbooks/digital-access/site.ts';
import { onHosts, type Rig } from '../tasks/rig.ts';

const rig: Rig = {
  targets: [{ name: 'ha2', connection: 'local', address: 'localhost' }],
  become: false,
  connect: createLocalTransport({ user: 'me' }).connect,
};

const on = <R>(work: (host: Host) => Promise<R>) => onHosts(rig, ([host]) => work(host));

function place(t: Test): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dabook host findings ')));
  t.teardown(() => rmSync(root, { recursive: true }));
  return root;
}

const installed = (services: Record<string, object>, more: object = {}) =>
  Installation.parse({ version: '6.2.0.60300', services, ...more });

t.test('the object of a service in its local configuration', async (t) => {
  const root = place(t);
  const path = join(root, 'policy-service', 'LocalConfiguration.xml');
  mkdirSync(join(root, 'policy-service'));
  const object = (key: string, name: string, id: string) =>
    `<object key="${key}"${name && ` name="${name}"`}><attribute name="mId" value="${id}"/><attribute name="mHost" value="old"/></object>`;
  const write = (id: string, ...objects: readonly string[]) =>
    writeFileSync(
      path,
      `<configuration><core><id>${id}</id></core><node>${objects.join('')}</node></configuration>`,
    );
  const configured = (id: Parameters<typeof localConfiguration>[2]['id'], entry: object = {}) => {
    const installation = installed(
      { policy1: { node: 'ha2', ...entry } },
      { config_root: root, local_configuration: { administration_object: null } },
    );
    const [service] = servicesOf(installation);
    if (service === undefined) throw new Error('there is one');
    const identity = { id, host: 'policy1', administration: 'administration' };
    return on(async (host) => {
      const found = await findConfiguration(host, service, installation);
      return localConfiguration(found, service, identity, installation).title;
    });
  };

  write('2', object('k1', 'Policy Service 1', '2'), object('k2', 'Log Service', '6'));
  t.match((await configured(6)).error, {
    code: 'refused',
    message: `policy1 is to have the id 6 in place of 2 (Policy Service 1), and ${path} has that mId already: Log Service`,
    hint: /^name the object of policy1 in the inventory: services\.policy1\.object/,
  });
  for (const [what, id, entry] of [
    ['another id', 7, {}],
    ['the id that it has', 2, {}],
    ['an id that is not known yet', unknown('id of policy1'), {}],
    ['an object that the inventory names', 6, { object: 'Policy Service 1' }],
  ] as const) {
    const { error, result } = await configured(id, entry);
    t.equal(error, undefined, what);
    t.match(result, /LocalConfiguration\.xml/);
  }

  write('6', object('k1', 'Policy Service 1', '6'), object('k2', '', '6'));
  t.match((await configured(6)).error, {
    message: `${path} has 2 objects (Policy Service 1) with the mId 6, which is the id in configuration/core/id`,
    hint: /services\.policy1\.object/,
  });
  write(`a'b"c`, object('k1', 'Policy Service 1', '6'));
  t.match((await configured(6)).error, {
    code: 'refused',
    message: `configuration/core/id in ${path} is a'b"c: what holds quotes of both kinds cannot be looked for`,
  });
  t.match((await configured(6, { object: `x'"` })).error, { message: /^services\.policy1\.object is x'": / });
});

t.test('keys of access points', async (t) => {
  const root = place(t);
  const services = servicesOf(
    installed({
      administration: { node: 'ha1' },
      'access-point': { node: 'ha1' },
      'access-point1': { node: 'ha1', folder: 'front' },
      policy: { node: 'ha1' },
    }),
  );
  const installation = installed({}, { config_root: root });
  const dir = (folder: string) => join(root, folder, 'keys');
  for (const folder of ['administration-service', 'access-point', 'policy-service']) {
    mkdirSync(dir(folder), { recursive: true });
    writeFileSync(join(dir(folder), 'shared.key'), 'shared\n');
  }
  writeFileSync(join(dir('administration-service'), 'internal.key'), 'internal\n');
  const [administration] = services;
  const find = () => on((host) => findKeys(host, { administration, installation } as unknown as Site));
  const { result: keys, error } = await find();
  t.equal(error, undefined);
  if (keys === undefined) return;
  const stray = async () => (await on((host) => strayKeys(host, services, keys, installation))).result;

  t.same(await stray(), [], 'nor is a folder that is not there a matter');
  writeFileSync(join(dir('policy-service'), 'internal.key'), 'internal\n');
  t.same(await stray(), [], 'other services may have it');
  writeFileSync(join(dir('access-point'), 'internal.key'), 'of an earlier day\n');
  for (const name of ['.saved', "it's a backup", 'back\\up']) {
    writeFileSync(join(dir('access-point'), name), 'internal\n');
  }
  t.same(
    (await stray())?.toSorted(),
    ['.saved', 'back\\up', 'internal.key', "it's a backup"].map((name) => join(dir('access-point'), name)),
    'by name, and by content under any name',
  );
  const { error: failed } = await on((host) => removeStrayKeys(host, services, keys, installation));
  t.equal(failed, undefined);
  t.same(await stray(), []);

  mkdirSync(join(root, 'front'));
  symlinkSync(dir('administration-service'), dir('front'));
  t.same(await stray(), [join(dir('front'), 'internal.key')]);
  const { error: refused, performed } = await on((host) =>
    removeStrayKeys(host, services, keys, installation),
  );
  t.match(refused, { code: 'refused', message: `${dir('front')} is a symbolic link: ` });
  t.same(performed, [], 'nobody loses a key');

  writeFileSync(join(dir('administration-service'), 'shared.key'), 'internal\n');
  t.match((await find()).error, {
    code: 'refused',
    message: /the shared key .*shared\.key .* holds what the internal key .*internal\.key does/,
    hint: /key_files/,
  });
});

/** A host that answers each fact by the name that its key begins with, or by the whole key. */
function answering(answers: Readonly<Record<string, unknown>>): Host {
  const read = async ({ key }: { key: string }) => {
    const words = JSON.parse(key) as readonly string[];
    const answer = answers[words.join(' ')] ?? answers[words[0] ?? ''];
    if (answer === undefined) throw new Error(`${key} is not asked here`);
    return answer;
  };
  return { name: 'ha1', read } as unknown as Host;
}

t.test('who has the number of the product', async (t) => {
  const root = { owner: 'root', group: 'root' };
  const check = (
    accounts: object,
    folders: Readonly<Record<string, object>>,
    services: Record<string, object>,
    more: object = {},
  ) => {
    const installation = installed(services, more);
    const files = Object.entries(folders).map(([name, state]) => [`file /opt/nexus/config/${name}`, state]);
    const host = answering({ 'accounts by id': accounts, file: root, ...Object.fromEntries(files) });
    return checkAccount(host, servicesOf(installation), installation);
  };
  const two = { policy: { node: 'ha1' }, 'access-point': { node: 'ha1' }, postgres: { node: 'ha1' } };
  const nexus = { user: 'nexus', group: 'nexus' };
  const ours = { owner: '1003', group: '1003' };

  await t.resolves(check({}, {}, two), 'nobody');
  await t.resolves(check(nexus, { 'access-point': ours }, two), 'any folder of the product');
  await t.resolves(
    check(
      nexus,
      {
        'policy-service': { owner: '1003', group: 'root' },
        'access-point': { owner: 'root', group: '1003' },
      },
      two,
    ),
    'the user by one folder, the group by another',
  );
  await t.resolves(check(nexus, {}, { postgres: { node: 'ha1' } }), 'a database has a user of its own');
  await t.resolves(check(nexus, {}, two, { owner: { uid: 1003, gid: 1003 } }), 'the inventory says so');
  await t.rejects(check({ user: 'alice', group: 'users' }, { postgres: ours }, two), {
    code: 'refused',
    message:
      "the uid 1003 is alice and the gid 1003 is users on this host, and the product's services run as 1003:1003",
  });
  await t.rejects(check(nexus, { 'policy-service': { owner: '1003', group: 'root' } }, two), {
    message: /^the gid 1003 is nexus on this host/,
  });
  await t.rejects(check({ group: 'docker' }, { 'policy-service': { owner: '1003', group: 'root' } }, two), {
    message: /^the gid 1003 is docker on this host/,
  });
});
