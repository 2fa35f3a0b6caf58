import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import { type Hosts, playbook } from '../../lib/playbook.ts';
import { run } from '../../lib/run.ts';
import { copyKeys, keyFiles } from '../../lib/tasks/files/index.ts';
import {
  findNode,
  inSwarm,
  labelNode,
  nodeRemove,
  nodes,
  staleTwins,
  swarmInit,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from '../../lib/tasks/swarm/index.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { isKnown } from '../../lib/unknown.ts';
import { inventoryOf } from '../engine/settings.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { onHosts, type Rig } from './rig.ts';

const skip = await skipWithoutLab();

function rigOf(lab: Lab): Rig {
  const { connect } = createSshTransport({ home: lab.dir, user: 'deploy', configFile: lab.sshConfigFile });
  const targets = lab.hosts.map(({ name }) => ({ name, connection: 'ssh' as const, address: name }));
  return { targets, become: true, connect };
}

type Three = readonly [Hosts<object>[number], Hosts<object>[number], Hosts<object>[number]];

t.test('the swarm tasks on real engines', { skip }, async (t) => {
  const lab = await createLab({ hosts: 3 });
  t.teardown(() => lab.down());
  const rig = rigOf(lab);
  const on = <R>(work: (hosts: Three) => Promise<R>, options: { check?: boolean } = {}) =>
    onHosts(rig, (hosts) => work(hosts as unknown as Three), options);
  const address = lab.hosts[0]?.address ?? '';

  const listed = async (host: number) =>
    (await lab.root(host, `docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'`).lines())
      .map((line) => line.trim())
      .sort();
  /** What docker and the file system of every host say, to see that nothing was changed. */
  const everything = () =>
    Promise.all(
      lab.hosts.map((_, index) =>
        lab
          .root(
            index + 1,
            `docker info -f '{{json .Swarm.NodeID}}'; docker node inspect self -f '{{json .Spec}}'; docker service ls -q; find /opt/nexus -printf '%p %m %U %T@\\n'`,
          )
          .text(),
      ),
    );

  /** The way into high availability: leave, join, label. */
  const setUp = async ([manager, ...workers]: Three) => {
    const { state: swarm } = await manager.run(swarmInit({ advertise: address }));
    for (const worker of workers) {
      const membership = await worker.read(swarmMembership);
      if (!inSwarm(membership, swarm)) await worker.run(swarmLeave({ destroySwarm: true }));
      const { state } = await worker.run(swarmJoin({ swarm }));
      await manager.run(
        labelNode({
          node: state.nodeId,
          labels: { [`on-${worker.name}`]: 'true', empty: '' },
          name: worker.name,
        }),
      );
    }
  };

  await t.test('check mode shows it all and changes nothing; then it is done, and once', async (t) => {
    const before = await everything();
    const check = await on(setUp, { check: true });
    t.same(check.statuses, ['ok', ...Array(6).fill('would-change')]);
    t.same(await everything(), before);

    const tokens = await Promise.all(
      ['worker', 'manager'].map((role) => lab.root(1, `docker swarm join-token -q ${role}`).text()),
    );
    const apply = await on(setUp);
    t.same(apply.statuses, ['ok', ...Array(6).fill('changed')]);
    t.equal(apply.performed.length, 6);
    t.same(await listed(1), ['ha1 Ready Leader', 'ha2 Ready', 'ha3 Ready']);
    const labels = await lab.root(1, `docker node inspect ha2 -f '{{json .Spec.Labels}}'`).json();
    t.same(labels, { 'on-ha2': 'true', empty: '' });
    for (const token of tokens) t.notMatch(JSON.stringify([check, apply]), token.trim());

    const again = await on(setUp);
    t.same(new Set(again.statuses), new Set(['ok']));
    t.same(again.performed, []);
  });

  await t.test('labels: only what differs, in one write; many writers at once', async (t) => {
    const { changes, performed } = await on(async ([manager]) => {
      const node = findNode(await manager.read(nodes), { hostname: 'ha2' })?.id ?? '';
      await manager.run(labelNode({ node, labels: { tier: 'db', 'on-ha2': 'no' }, remove: ['empty'] }));
    });
    t.match(changes, [
      { path: 'labels.empty', op: 'remove', from: '' },
      { path: 'labels.on-ha2', op: 'change', from: 'true', to: 'no' },
      { path: 'labels.tier', op: 'add', to: 'db' },
    ]);
    t.equal(changes.length, 3);
    t.equal(performed.length, 1);

    // Each run has its own connection, so that they really get in each other's way.
    const names = Array.from({ length: 8 }, (_, index) => `writer-${index}`);
    const all = await Promise.all(
      names.map((name) =>
        on(async ([manager]) => {
          const node = findNode(await manager.read(nodes), { hostname: 'ha3' })?.id ?? '';
          await manager.run(labelNode({ node, labels: { [name]: 'true' } }));
        }),
      ),
    );
    t.same(
      all.flatMap(({ statuses }) => statuses),
      names.map(() => 'changed'),
    );
    const labels = await lab.root(1, `docker node inspect ha3 -f '{{json .Spec.Labels}}'`).json();
    t.same(
      Object.keys(labels)
        .filter((name) => name.startsWith('writer-'))
        .sort(),
      names,
    );
  });

  await t.test('a node that was removed at its manager is found out, and leaves its twin', async (t) => {
    await lab.root(1, `docker node rm --force ha3`);
    const join = async ([manager, , worker]: Three) => {
      const { state: swarm } = await manager.run(swarmInit());
      return worker.run(swarmJoin({ swarm }));
    };
    t.match((await on(join)).error, { code: 'refused', message: /not among its nodes .* removed there/ });
    const { statuses } = await on(setUp);
    t.same(
      statuses,
      ['ok', 'ok', 'changed', 'changed', 'changed', 'changed'],
      'labelled anew: ha2 lost what was changed above',
    );

    // Leaves and joins again: the former node stays listed until it is removed.
    const former = await on(async ([manager, worker]) => {
      const { nodeId } = await worker.read(swarmMembership);
      const { state: swarm } = await manager.run(swarmInit());
      await worker.run([swarmLeave(), swarmJoin({ swarm })]);
      return nodeId;
    });
    const id = former.result !== undefined && isKnown(former.result) ? former.result : '';
    t.equal((await listed(1)).filter((line) => line.startsWith('ha2')).length, 2);
    for (let tries = 0; tries < 300 && !(await listed(1)).includes('ha2 Down'); tries++) await sleep(200);
    const removal = async ([manager, worker]: Three) => {
      const all = await manager.read(nodes);
      const { nodeId } = await worker.read(swarmMembership);
      const twins = staleTwins(
        all,
        all.find((node) => node.id === nodeId) ?? { id: '', hostname: '', address: '' },
      );
      await manager.run(twins.map((twin) => nodeRemove({ node: twin.id })));
      await manager.run(nodeRemove({ node: id }));
      return twins.map((twin) => twin.id);
    };
    const removed = await on(removal);
    t.same(removed.result, [id]);
    t.same(removed.statuses, ['changed', 'ok']);
    t.same(
      removed.changes.find(({ path }) => path === 'listed'),
      { path: 'listed', op: 'change', from: true, to: false },
    );
    const known = ['address', 'availability', 'hostname', 'labels.empty', 'labels.on-ha2', 'labels.tier'];
    t.same(
      removed.changes.flatMap(({ path, op }) => (path === 'listed' ? [] : `${op} ${path}`)),
      [...known, 'role', 'state'].map((path) => `remove ${path}`),
      'all that was known of the node goes with it',
    );
    t.same(await listed(1), ['ha1 Ready Leader', 'ha2 Ready', 'ha3 Ready']);
    const up = await on(async ([manager, worker]) => {
      const { nodeId = '' } = await worker.read(swarmMembership);
      await manager.run(nodeRemove({ node: isKnown(nodeId) ? nodeId : '' }));
    });
    t.match(up.error, { code: 'refused', message: /\(ha2\) is ready, not down/ });
  });

  await t.test('keys, from the manager to a worker, behind sudo', async (t) => {
    const dir = '/opt/nexus/config/policy-service/keys';
    const [key = { internal: '', shared: '' }] = lab.hosts.map(({ keys }) => keys);
    const copy = async ([manager, worker]: Three) => {
      const from = await manager.read(keyFiles({ dir, match: ['*internal*', '*shared*'] }));
      return worker.run(copyKeys({ from, dir, owner: 1003, group: 1003 }));
    };
    const told = await on(copy);
    t.same(told.statuses, ['changed']);
    t.equal(await lab.root(2, `cat ${dir}/internal.key`).text(), key.internal);
    t.equal(await lab.root(2, `cat ${dir}/shared.key`).text(), key.shared);
    t.equal((await lab.root(2, `stat -c '%a %u %g' ${dir}/*.key | sort -u`).text()).trim(), '600 1003 1003');
    await lab.root(2, `chmod 644 ${dir}/internal.key`);
    const repaired = await on(copy);
    t.same(repaired.changes, [{ path: 'internal.key.mode', op: 'change', from: '0644', to: '0600' }]);
    t.same((await on(copy)).statuses, ['ok']);
    for (const text of [key.internal.trim(), key.shared.trim()])
      t.notMatch(JSON.stringify([told, repaired]), text);
  });

  await t.test('three managers: one goes by demotion, and never below the quorum', async (t) => {
    const managers = await on(async ([first, ...workers]) => {
      const { state: swarm } = await first.run(swarmInit());
      for (const worker of workers) await worker.run([swarmLeave(), swarmJoin({ swarm, role: 'manager' })]);
    });
    t.equal(managers.error, undefined);
    const left = await on(async ([leader]) => leader.run(swarmLeave()));
    t.equal(left.error, undefined);
    t.same(left.statuses, ['changed']);
    t.match(left.performed, [/^demote node/, /^leave the swarm \(POST \/swarm\/leave\?force=false\)/]);
    t.equal((await lab.root(1, `docker info -f '{{.Swarm.LocalNodeState}}'`).text()).trim(), 'inactive');
    const remaining = (await listed(2)).filter((line) => /Leader|Reachable/.test(line));
    t.equal(remaining.length, 2, 'the others are still a swarm');

    await lab.cut(3);
    for (let tries = 0; tries < 100; tries++) {
      const seen = await lab.root(2, `docker node ls --format '{{.ManagerStatus}}'`).nothrow().text();
      if (!seen.includes('Reachable')) break;
      await sleep(200);
    }
    const refused = await onHosts(
      { ...rig, targets: rig.targets.slice(1, 2) },
      ([second]) => second.run(swarmLeave()),
      { check: true },
    );
    t.match(refused.error, { code: 'refused', message: /managers .* can be reached|without a leader/ });
    await lab.heal(3);
  });

  await t.test('another swarm is refused by name, and left when told', async (t) => {
    await lab.reset();
    const join =
      (rejoin: boolean) =>
      async ([manager, worker]: Three) => {
        const { state: swarm } = await manager.run(swarmInit());
        await worker.run(swarmJoin({ swarm, rejoin }));
      };
    const refused = await on(join(false));
    t.match(refused.error, {
      code: 'refused',
      message: /manages another swarm as its only node/,
      hint: /rejoin/,
    });
    t.same(await listed(2), ['ha2 Ready Leader']);
    t.same((await on(join(true))).statuses, ['ok', 'changed']);
    t.same(await listed(1), ['ha1 Ready Leader', 'ha2 Ready']);
    const last = await on(async ([manager]) => manager.run(swarmLeave({ destroySwarm: true })));
    t.match(last.error, { code: 'refused', message: /last manager of a swarm that holds other nodes: ha2/ });
  });
});

t.test('a user in the docker group runs swarm tasks without sudo', { skip }, async (t) => {
  const lab = await createLab({ hosts: 2 });
  t.teardown(() => lab.down());
  const onBoth = async (command: string) =>
    (await Promise.all([1, 2].map((number) => lab.root(number, command).text()))).map((text) => text.trim());
  await onBoth(`gpasswd -a deploy docker
    install -m 0666 /dev/null /var/log/sudo-calls
    printf '#!/bin/sh\necho called >>/var/log/sudo-calls\nexec /usr/bin/sudo "$@"\n' >/usr/local/bin/sudo
    chmod 0755 /usr/local/bin/sudo`);
  const sudos = () => onBoth('wc -l </var/log/sudo-calls; : >/var/log/sudo-calls');
  t.match((await lab.ssh(1, 'sudo -n id -u; command -v sudo')).stdout, /^0\n\/usr\/local\/bin\/sudo/);
  t.same(await sudos(), ['1', '0'], 'what is called is seen');

  const { connect } = createSshTransport({ home: lab.dir, user: 'deploy', configFile: lab.sshConfigFile });
  const names = lab.hosts.map(({ name }) => name);
  // As with -b: root may be taken for everything, on every host.
  const { hosts: listed, groups } = inventoryOf({ hosts: names });
  const inventory = { groups, hosts: listed.map((host) => ({ ...host, become: true })) };
  const address = lab.hosts[0]?.address ?? '';
  const book = playbook({ name: 'swarm', groups: { hosts: z.looseObject({}) } }, async ({ groups, play }) => {
    const [manager, worker] = groups.hosts;
    if (worker === undefined) throw new Error('there are two hosts');
    await play('Join', [worker], async (host) => {
      const { state: swarm } = await manager.run(swarmInit({ advertise: address }));
      const membership = await host.read(swarmMembership);
      if (!inSwarm(membership, swarm)) await host.run(swarmLeave({ destroySwarm: true }));
      const { state } = await host.run(swarmJoin({ swarm }));
      await manager.run(labelNode({ node: state.nodeId, labels: { tier: 'db' } }));
    });
  });
  const holder = {
    ...{ run: 'r1', user: 'test', from: 'here', pid: process.pid, playbook: 'swarm' },
    since: new Date().toISOString(),
  };
  const locks: string[][] = [];
  const runIt = async (check: boolean) => {
    const events: Event[] = [];
    await run(book, inventory, {
      connect,
      check,
      onEvent: (event) => events.push(event),
      lock: { holder, timeout: 60 },
      async beforeStep() {
        const file =
          'for f in /run/lock/dabook.lock /tmp/dabook.lock; do [ -e $f ] && stat -c %U $f; done; :';
        locks.push(await onBoth(file));
      },
    });
    const ended = events.flatMap((event) => (event.type === 'task.ended' ? [event] : []));
    return ended.map(({ name, status, asRoot }) => `${name} ${status}${asRoot ? ' as root' : ''}`);
  };
  t.same(await runIt(true), [
    'swarmInit ok',
    'swarmLeave would-change',
    'swarmJoin would-change',
    'labelNode would-change',
  ]);
  t.same(await sudos(), ['0', '0'], 'a check');
  t.same(await runIt(false), [
    'swarmInit ok',
    'swarmLeave changed',
    'swarmJoin changed',
    'labelNode changed',
  ]);
  t.same(await sudos(), ['0', '0'], 'an apply, with its locks');
  t.ok(locks.length >= 3);
  for (const owners of locks)
    t.same(owners, ['deploy', 'deploy'], 'both hosts were locked, by the login user');

  await onBoth('gpasswd -d deploy docker');
  t.same(
    await runIt(true),
    ['swarmInit ok as root', 'swarmJoin ok as root', 'labelNode ok as root'],
    'without the group it takes sudo, and says so',
  );
  t.same(await sudos(), ['1', '1'], 'once a host');
});
