import { spawn } from 'node:child_process';
import t from 'tap';
import type { Event } from '../../lib/events.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { dabook } from './dabook.ts';
import { eventsSince, labelsOf, now, placesOf, truthOf } from './engine-truth.ts';
import { watchProcesses } from './process-watch.ts';

t.setTimeout(600_000);
const skip = await skipWithoutLab();

/** `dabook run playbooks/ha.ts` as an operator types it; the lab has no registry to ask. */
function ha(lab: Lab, ...options: string[]) {
  return dabook(['run', 'playbooks/ha.ts', '-i', lab.inventoryFile, '-e', 'resolve_image=never', ...options]);
}

function planned(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.type === 'task.ended' && event.status !== 'ok' && event.status !== 'skipped'
      ? [`${event.host} ${event.name} ${event.status}`]
      : [],
  );
}

t.test('the main job, from three separate swarms to one highly available stack', { skip }, async (t) => {
  const lab = await createLab({ hosts: 3 });
  t.teardown(() => lab.down());

  await t.test('check mode changes nothing on any host', async (t) => {
    const before = await truthOf(lab);
    const since = await now(lab);
    const check = await ha(lab, '--check', '--diff');
    t.equal(check.status, 0, check.stdout + check.stderr);
    t.match(check.stdout, /14 would change, 0 failed/);
    t.same(await eventsSince(lab, since), []);
    t.same(await truthOf(lab), before);
  });

  await t.test('the run does it, and its secrets are seen nowhere', async (t) => {
    const tokens = (
      await lab.root(1, 'docker swarm join-token -q worker; docker swarm join-token -q manager').text()
    )
      .trim()
      .split('\n');
    const keys = lab.hosts.flatMap((host) => Object.values(host.keys).map((key: string) => key.trim()));
    const secrets = [...tokens, ...keys];
    t.ok(secrets.every((secret) => secret.length > 40));

    const since = await now(lab);
    const watch = watchProcesses([...secrets, 'canary-of-this-test']);
    const canary = spawn('sleep', ['1'], { env: { CANARY: 'canary-of-this-test' } });
    const run = await ha(lab, '--json', '-vv');
    canary.kill();
    const { looks, seen } = watch.stop();
    t.equal(run.status, 0, run.stdout.slice(-3000) + run.stderr);
    t.ok(looks > 100, `looked at the processes ${looks} times`);
    t.ok(seen.length > 0, 'the canary was seen, so the watch works');
    t.ok(
      seen.every((text) => text.includes('canary')),
      'no secret in any argument list or environment',
    );
    t.ok((await eventsSince(lab, since)).length > 20, 'the engines events tell of a run that writes');
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString('base64')]) {
        t.notOk(run.stdout.includes(form) || run.stderr.includes(form), 'no secret in what it told');
      }
    }
    t.same(
      run.events
        .map(({ type }) => type)
        .filter((type, i, all) => all.indexOf(type) === i)
        .sort(),
      [
        'command.ended',
        'command.started',
        'play.ended',
        'play.started',
        'run.ended',
        'run.started',
        'task.ended',
        'task.planned',
        'task.started',
      ],
    );
    t.ok(run.events.every(({ at }) => new Date(at).toISOString() === at));
  });

  await t.test('swarm, labels, keys and services are as the procedure wants them', async (t) => {
    t.match(
      (await lab.root(1, "docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'").text())
        .trim()
        .split('\n')
        .sort(),
      ['ha1 Ready Leader', /^ha2 Ready ?$/, /^ha3 Ready ?$/],
    );
    const { ha2, ha3 } = await labelsOf(lab);
    t.same(ha2, {
      'da-policy-service1': 'true',
      'da-authentication-service1': 'true',
      'da-distribution-service1': 'true',
    });
    t.same(ha3, { 'da-access-point': 'true' });
    t.same(
      await placesOf(lab),
      Object.fromEntries(
        lab.hosts.flatMap(({ name, services }) => services.map((service) => [service, name])),
      ),
    );

    const { internal, shared } = lab.hosts[0]?.keys ?? { internal: '', shared: '' };
    for (const folder of ['policy-service', 'authentication-service', 'distribution-service']) {
      const keys = `/opt/nexus/config/${folder}/keys`;
      t.equal(await lab.root(2, `cat ${keys}/internal.key`).text(), internal);
      t.equal(await lab.root(2, `cat ${keys}/shared.key`).text(), shared);
      t.equal(
        await lab.root(2, `stat -c '%a %u:%g %n' ${keys}/* | sed 's#/.*/##'`).text(),
        '600 1003:1003 internal.key\n600 1003:1003 shared.key\n',
      );
    }
    t.equal(await lab.root(3, 'cat /opt/nexus/config/access-point/keys/shared.key').text(), shared);
    t.equal(
      await lab.root(3, 'ls /opt/nexus/config/access-point/keys').text(),
      'shared.key\n',
      'no internal key in front',
    );
    t.equal(
      (await lab.root(2, "find / -xdev -name '.dabook*'").text()).trim(),
      '',
      'nothing of a write is left',
    );
  });

  await t.test(
    'traffic crosses: a container of one node reaches a service on another by its name',
    async (t) => {
      const container = (await lab.root(3, 'docker ps -q -f name=da_access-point').text()).trim();
      const answer = await lab.root(3, `docker exec ${container} wget -q -O - http://policy1:8080/`).text();
      t.match(answer, /policy1/);
    },
  );

  await t.test('again: zero writes, by the engines events and the files', async (t) => {
    const before = await truthOf(lab);
    const since = await now(lab);
    const again = await ha(lab, '--json');
    t.equal(again.status, 0, again.stdout.slice(-3000));
    t.same(planned(again.events), []);
    t.same(await eventsSince(lab, since), []);
    t.same(await truthOf(lab), before);
  });

  await t.test(
    'a label, a mode and an image changed by hand: named, and repaired, and nothing else',
    async (t) => {
      const good = await truthOf(lab);
      const node = (await lab.root(2, "docker info -f '{{.Swarm.NodeID}}'").text()).trim();
      await lab.root(1, `docker node update --label-add da-policy-service1=false ${node}`);
      await lab.root(3, 'chmod 0644 /opt/nexus/config/access-point/keys/shared.key');
      await lab.root(
        1,
        'docker service update -q --detach=false --no-resolve-image --image dabook.test/da/distribution-service:6.0.5.60260 da_distribution',
      );
      await lab.root(1, `docker node update --label-add da-policy-service1=other ${node}`);

      const three = ['ha1 labelNode', 'ha3 copyKeys', 'ha1 stackDeploy'];
      const before = await truthOf(lab);
      const check = await ha(lab, '--check', '--json');
      t.equal(check.status, 0, check.stdout.slice(-3000));
      t.same(
        planned(check.events),
        three.map((what) => `${what} would-change`),
      );
      const changes = check.events.flatMap((event) =>
        event.type === 'task.planned' && event.steps.length > 0 ? event.changes : [],
      );
      t.match(changes, [
        { path: 'labels.da-policy-service1', op: 'change', from: 'other', to: 'true' },
        { path: 'shared.key.mode', op: 'change', from: '0644', to: '0600' },
        {
          path: 'services.distribution.image',
          op: 'change',
          from: 'dabook.test/da/distribution-service:6.0.5.60260',
          to: 'dabook.test/da/distribution-service:6.0.5.60259',
        },
      ]);
      t.same(await truthOf(lab), before, 'and check mode still writes nothing');

      const run = await ha(lab, '--json');
      t.equal(run.status, 0, run.stdout.slice(-3000));
      t.same(
        planned(run.events),
        three.map((what) => `${what} changed`),
      );
      t.same(
        run.events.filter((event) => event.type === 'command.ended' && event.purpose === 'step').length,
        3,
        'three writes',
      );
      t.same(await labelsOf(lab).then(({ ha2 }) => ha2?.['da-policy-service1']), 'true');
      t.equal(await lab.root(3, 'stat -c %a /opt/nexus/config/access-point/keys/shared.key').text(), '600\n');
      const image = await lab
        .root(1, "docker service inspect da_distribution -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}'")
        .text();
      t.equal(image.trim(), 'dabook.test/da/distribution-service:6.0.5.60259');
      t.equal(Object.keys(await placesOf(lab)).length, lab.hosts.flatMap(({ services }) => services).length);
      t.same(filesOf(await truthOf(lab)), filesOf(good));
    },
  );

  await t.test('a key changed by hand is put back, and even -vv --diff shows no key', async (t) => {
    const { internal, shared } = lab.hosts[0]?.keys ?? { internal: '', shared: '' };
    const file = '/opt/nexus/config/policy-service/keys/internal.key';
    await lab.root(2, `echo somebody-elses-key-somebody-elses-key > ${file}`);
    for (const options of [
      ['--check', '-vv', '--diff'],
      ['-vv', '--diff'],
    ]) {
      const ran = await ha(lab, ...options);
      t.equal(ran.status, 0, ran.stdout.slice(-3000));
      t.match(ran.stdout, /internal\.key\.fingerprint: [0-9a-f]+ -> [0-9a-f]+/);
      for (const secret of [internal.trim(), shared.trim(), 'somebody-elses-key']) {
        t.notOk(`${ran.stdout}${ran.stderr}`.includes(secret));
      }
    }
    t.equal(await lab.root(2, `cat ${file}`).text(), internal);
  });
});

/** The part of the truth that a repair brings back to the letter: paths, modes, owners, checksums. */
function filesOf(truth: Readonly<Record<string, string>>): unknown {
  const lines = Object.entries(truth).map(
    ([host, text]) => [host, text.split('\n').filter((line) => /^\.| {2}\.\//.test(line))] as const,
  );
  return Object.fromEntries(
    lines.map(([host, found]) => [host, found.map((line) => line.replace(/ [\d.]+$/, ''))]),
  );
}
