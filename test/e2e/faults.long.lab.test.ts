import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Event, Fault } from '../../lib/events.ts';
import { canary } from '../canary/canary.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import type { Ran } from './dabook.ts';
import { labelsOf, placesOf, truthOf } from './engine-truth.ts';
import { answersFile, inventoryWith, runPlaybook } from './ha-run.ts';

const skip = await skipWithoutLab();
const composeFolder = '/opt/nexus/docker-compose';

/** Everything that was told of what went wrong, by host. */
function faults(events: readonly Event[]): Record<string, Fault> {
  return Object.fromEntries(
    events.flatMap((event) =>
      (event.type === 'task.ended' || event.type === 'host.unreachable') && event.fault
        ? [[event.host, event.fault]]
        : [],
    ),
  );
}

function counts(events: readonly Event[]) {
  const last = events.at(-1);
  return last?.type === 'run.ended' ? last.hosts : {};
}

t.test('each trouble is told as its user needs it, and the other hosts are served', { skip }, async (t) => {
  const lab = await createLab({ hosts: 3 });
  t.teardown(() => lab.down());
  const [, second] = lab.hosts;
  const answers = await answersFile(lab, ['policy1', 'authentication1', 'distribution1', 'access-point']);
  const ha = (inventory: string, ...options: string[]) =>
    runPlaybook(lab, 'ha.ts', ['--json', '-e', `@${answers}`, ...options], { inventory });

  await t.test('before anything is stopped', async (t) => {
    const before = await truthOf(lab);
    const nothingChanged = async (t: Test, ran: Ran, status: number) => {
      t.equal(ran.status, status, ran.stdout.slice(-2000) + ran.stderr);
      t.same(await truthOf(lab), before, 'nothing was changed on any host');
    };

    await t.test('a host that is unreachable', async (t) => {
      await lab.cut(2);
      const ran = await ha(lab.inventoryFile);
      await lab.heal(2);
      await nothingChanged(t, ran, 4);
      const { ha2 } = faults(ran.events);
      t.match(ha2, {
        code: 'unreachable',
        message: /ha2 \(deploy@\S+\):? (did not answer within 10 s|there is no route to it)/,
      });
      t.match(counts(ran.events), { ha2: { unreachable: 1, failed: 0 }, ha3: { unreachable: 0, failed: 0 } });
      t.ok(
        ran.events.some((event) => event.type === 'command.ended' && event.host === 'ha3'),
        'the other worker was served',
      );
    });

    await t.test('a wrong sudo password', async (t) => {
      const wrongPassword = canary('wrong sudo password');
      const file = await inventoryWith(lab, ({ all }) => {
        Object.assign(all.children.workers.hosts.ha2 ?? {}, { ansible_user: 'admin' });
      });
      const wrong = await runPlaybook(lab, 'ha.ts', ['--json', '-K'], {
        inventory: file,
        input: `${wrongPassword}\n`,
      });
      await nothingChanged(t, wrong, 1);
      t.match(faults(wrong.events).ha2, { code: 'become', message: /wrong sudo password for admin on ha2/ });
      t.notOk(`${wrong.stdout}${wrong.stderr}`.includes(wrongPassword));
      t.ok(wrong.events.some((event) => event.type === 'command.ended' && event.host === 'ha3'));

      const none = await ha(file);
      await nothingChanged(t, none, 1);
      t.match(faults(none.events).ha2, {
        code: 'become',
        message: /sudo asks for the password of admin on ha2, and none was given/,
        hint: /-K/,
      });

      const right = await runPlaybook(lab, 'ha.ts', ['--json', '-K', '--check'], {
        inventory: file,
        input: `${lab.password}\n`,
      });
      await nothingChanged(t, right, 0);
      t.notOk(`${right.stdout}${right.stderr}`.includes(lab.password));
    });

    await t.test('a changed host key', async (t) => {
      const known = await readFile(lab.knownHostsFile, 'utf8');
      const keys = known.split('\n').filter((line) => line !== '');
      const third = keys.find((line) => line.startsWith(`${lab.hosts[2]?.address} `)) ?? '';
      const [, ...wrongKey] = third.split(' ');
      const changed = keys.map((line) =>
        line.startsWith(`${second?.address} `) ? `${second?.address} ${wrongKey.join(' ')}` : line,
      );
      await writeFile(lab.knownHostsFile, `${changed.join('\n')}\n`);
      const ran = await ha(lab.inventoryFile);
      await writeFile(lab.knownHostsFile, known);
      await nothingChanged(t, ran, 4);
      const { ha2 } = faults(ran.events);
      t.match(ha2?.message, /host key of ha2 .*(changed|another)/i);
      const fingerprints = `${ha2?.message} ${ha2?.hint}`.match(/SHA256:[\w+/]{43}/g);
      t.equal(new Set(fingerprints).size, 2, 'both fingerprints');
      t.match(ha2?.hint, /dabook trust -i <inventory> --replace/);
    });

    await t.test('a service that the compose files place elsewhere than the inventory does', async (t) => {
      const file = await inventoryWith(lab, ({ all }) => {
        Object.assign(all.vars.services.policy ?? {}, { label: 'da-polcy' });
      });
      const ran = await ha(file);
      await nothingChanged(t, ran, 1);
      const { ha1 } = faults(ran.events);
      t.match(ha1?.message, /(no node .*|da-polcy .*placed by )da-policy-service/);
    });

    await t.test('two managers, and an address that two hosts have', async (t) => {
      const file = await inventoryWith(lab, ({ all }) => {
        Object.assign(all.children.manager.hosts, { ha2: all.children.workers.hosts.ha2 });
        Object.assign(all.children.workers.hosts.ha3 ?? {}, { ip: second?.address });
      });
      const ran = await ha(file);
      await nothingChanged(t, ran, 2);
      t.match(ran.stderr, /changed\.yml:\d+:\d+: ha2 is a second host of the group manager, beside ha1/);
      t.match(ran.stderr, /ha2 is in the group manager and in the group workers/);
      t.match(ran.stderr, /changed\.yml:\d+:\d+: ha3 has the address \S+ of ha2/);
    });

    await t.test('a folder for keys that is missing', async (t) => {
      const folder = '/opt/nexus/config/policy-service';
      await lab.root(2, `mv ${folder}/keys ${folder}/lost`);
      const changed = await truthOf(lab);
      const ran = await ha(lab.inventoryFile);
      t.equal(ran.status, 1);
      t.match(faults(ran.events).ha2, {
        code: 'refused',
        message: `the folder ${folder}/keys does not exist`,
      });
      t.same(await truthOf(lab), changed, 'nothing was stopped');
      await lab.root(2, `mv ${folder}/lost ${folder}/keys`);
    });

    await t.test('compose files with a fault', async (t) => {
      const broken: readonly (readonly [edit: string, told: RegExp])[] = [
        [`echo '  policy: {imge: x}' >> docker-compose.yml`, /docker-compose\.yml.*policy/],
        [`sed -i 's/^version:.*/version: "3.8"/' network.yml`, /version/],
        [`sed -i 's/networks: \\[da-net\\]/networks: [da-nte]/' network.yml`, /da-nte/],
      ];
      for (const [edit, told] of broken) {
        await lab.root(1, `cp -a ${composeFolder} /root/saved && cd ${composeFolder} && ${edit}`);
        const changed = await truthOf(lab);
        const ran = await ha(lab.inventoryFile);
        t.equal(ran.status, 1, edit);
        t.match(faults(ran.events).ha1, { code: 'refused', message: told });
        t.same(await truthOf(lab), changed, 'nothing was stopped');
        await lab.root(1, `rm -r ${composeFolder} && mv /root/saved ${composeFolder}`);
      }
    });

    await t.test('an inventory and a playbook with faults: nothing is connected to', async (t) => {
      const file = await inventoryWith(lab, ({ all }) => {
        Object.assign(all.children.workers.hosts.ha2 ?? {}, { ip: 'nowhere' });
        delete all.children.workers.hosts.ha3?.ip;
      });
      const ran = await ha(file);
      t.equal(ran.status, 2);
      t.equal(ran.stdout, '');
      t.match(ran.stderr, /changed\.yml:\d+:\d+: host ha2: ip/);
      t.match(ran.stderr, /ip: nowhere/);
      t.match(ran.stderr, /changed\.yml:\d+:\d+: host ha3: ip is missing/);
      t.match(ran.stderr, /2 faults/);
    });
  });

  await t.test('a worker that is in another swarm', async (t) => {
    // ha3 joins the swarm of ha2 as a worker, so that ha2 manages a swarm of two.
    const token = (await lab.root(2, 'docker swarm join-token -q worker').text()).trim();
    await lab.root(
      3,
      `docker stack rm da; docker swarm leave --force && docker swarm join --token ${token} ${second?.address}:2377`,
    );
    const before = await truthOf(lab);
    const ran = await ha(lab.inventoryFile);
    t.equal(ran.status, 1);
    t.match(
      faults(ran.events).ha2?.message,
      /the swarm of this host, which it would leave for good, holds node ha3/,
    );
    t.match(
      faults(ran.events).ha3?.message,
      new RegExp(`worker of another swarm, whose managers are ${second?.address}:2377`),
    );
    t.same(await truthOf(lab), before, 'nothing was stopped');
    await lab.reset([2, 3]);
  });

  await t.test(
    'a folder that is missing: the scheduler is quoted, and every other service runs',
    async (t) => {
      const folder = '/opt/nexus/config/policy-service';
      await lab.root(1, `mv ${folder} ${folder}.lost`);
      const ran = await ha(lab.inventoryFile, '-e', 'deploy_timeout=60');
      t.equal(ran.status, 1);
      t.match(faults(ran.events).ha1, {
        code: 'not-converged',
        message: /policy.*bind source path does not exist: \/opt\/nexus\/config\/policy-service/s,
      });
      const places = await placesOf(lab);
      t.match(places, { administration: 'ha1', authentication1: 'ha2', 'access-point': 'ha3' });
      t.notOk('policy' in places);

      await lab.root(1, `mv ${folder}.lost ${folder}`);
      const mended = await ha(lab.inventoryFile);
      t.equal(mended.status, 0, mended.stdout.slice(-3000));
      t.match(await placesOf(lab), { policy: 'ha1', policy1: 'ha2' });
    },
  );

  await t.test('an image that is on no host: told before anything is stopped', async (t) => {
    const edit = (from: string, to: string) =>
      lab.root(
        1,
        `sed -i 's#da/policy-service:${from}#da/policy-service:${to}#' ${composeFolder}/versiontag.yml`,
      );
    await edit('6.0.5.60259', '0.0.0');
    const before = await truthOf(lab);
    const ran = await ha(lab.inventoryFile);
    t.equal(ran.status, 1);
    t.match(faults(ran.events).ha1?.message, /dabook\.test\/da\/policy-service:0\.0\.0: not on this host/);
    t.same(await truthOf(lab), before, 'nothing was changed');
    await edit('0.0.0', '6.0.5.60259');
    t.equal((await ha(lab.inventoryFile)).status, 0);
  });

  await t.test('a worker whose old id is still listed as Down', async (t) => {
    const old = (await lab.root(2, "docker info -f '{{.Swarm.NodeID}}'").text()).trim();
    await lab.root(2, 'docker swarm leave');
    await lab.root(
      1,
      `until [ "$(docker node inspect -f '{{.Status.State}}' ${old})" = down ]; do sleep 0.2; done`,
    );

    const check = await ha(lab.inventoryFile, '--check');
    t.equal(check.status, 0, check.stdout.slice(-3000));
    const would = check.events.flatMap((event) =>
      event.type === 'task.ended' && event.status === 'would-change' ? [event.name] : [],
    );
    t.ok(would.includes('nodeRemove'), 'check mode names the twin');

    const ran = await ha(lab.inventoryFile);
    t.equal(ran.status, 0, ran.stdout.slice(-3000));
    const listed = (await lab.root(1, "docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}}'").text())
      .trim()
      .split('\n');
    t.equal(listed.length, 3);
    t.notOk(listed.some((line) => line.startsWith(old)));
    t.same((await labelsOf(lab)).ha2?.['da-policy-service1'], 'true', 'the new node has its labels');
    t.match(await placesOf(lab), { policy1: 'ha2', authentication1: 'ha2', distribution1: 'ha2' });
  });

  await t.test('a host fails in a play of several: the others get to its end', async (t) => {
    const keys = '/opt/nexus/config/policy-service/keys';
    await lab.root(
      2,
      `chmod 0644 ${keys}/shared.key && mount --bind ${keys} ${keys} && mount -o remount,ro,bind ${keys}`,
    );
    await lab.root(3, 'chmod 0644 /opt/nexus/config/access-point/keys/shared.key');
    const ran = await ha(lab.inventoryFile);
    await lab.root(2, `umount ${keys} && chmod 0600 ${keys}/shared.key`);
    t.equal(ran.status, 1);
    t.match(faults(ran.events).ha2, { code: 'refused', message: /on a file system that is read-only/ });
    t.equal(await lab.root(3, 'stat -c %a /opt/nexus/config/access-point/keys/shared.key').text(), '600\n');
    t.match(counts(ran.events), { ha2: { failed: 1 }, ha3: { failed: 0 } });
  });

  await t.test('--limit: only that host is changed', async (t) => {
    await lab.root(2, 'chmod 0644 /opt/nexus/config/policy-service/keys/shared.key');
    await lab.root(3, 'chmod 0644 /opt/nexus/config/access-point/keys/shared.key');
    const ran = await ha(lab.inventoryFile, '--limit', 'ha3');
    t.equal(ran.status, 0, ran.stdout.slice(-3000));
    t.equal(await lab.root(2, 'stat -c %a /opt/nexus/config/policy-service/keys/shared.key').text(), '644\n');
    t.equal(await lab.root(3, 'stat -c %a /opt/nexus/config/access-point/keys/shared.key').text(), '600\n');
  });

  await t.test('Ctrl-C: exit status 130, and a run afterwards converges', async (t) => {
    const { spawn } = await import('node:child_process');
    const { outsideTap } = await import('../outside-tap.ts');
    await lab.root(1, 'docker stack rm da');
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const args = [
      `${root}bin/dabook.cjs`,
      'run',
      `${root}playbooks/ha.ts`,
      '-i',
      lab.inventoryFile,
      '--json',
      '--yes',
    ];
    const child = spawn(...outsideTap(process.execPath, args), {
      cwd: lab.dir,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise((done) => child.on('close', done));
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk;
      const underWay = told.includes('"purpose":"step"');
      if (underWay && !child.killed) child.kill('SIGINT');
    });
    t.equal(await ended, 130);
    t.match(told, /"outcome":"interrupted"/);
    t.equal((await ha(lab.inventoryFile)).status, 0);
    t.equal(Object.keys(await placesOf(lab)).length, 9);
  });
});
