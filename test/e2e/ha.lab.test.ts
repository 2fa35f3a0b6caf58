import { spawn } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { eventsSince, labelsOf, now, placesOf, type Truth, truthOf, untilQuiet } from './engine-truth.ts';
import { answersFile, changesIn, ha, runPlaybook } from './ha-run.ts';
import { watchFor } from './process-watch.ts';

const skip = await skipWithoutLab();

/** What the administration page would be told of, in the order of its questions. */
const added = ['policy1', 'authentication1', 'distribution1', 'access-point'];
const composeFolder = '/opt/nexus/docker-compose';

t.test('the whole way: separate swarms, the gate, one installation, and back', { skip }, async (t) => {
  const lab = await createLab({ hosts: 3 });
  t.teardown(() => lab.down());
  const start = await truthOf(lab);
  const startFiles = await Promise.all(lab.hosts.map((_, index) => filesOn(lab, index + 1)));
  const wanted = Object.fromEntries(
    lab.hosts.flatMap(({ name, services }) => services.map((service) => [service, name])),
  );
  let foreseen: readonly string[] = [];

  await t.test('check mode changes nothing on any host, nor on this one', async (t) => {
    const since = await now(lab);
    const folder = await readdir(lab.dir);
    const check = await ha(lab, '--check', '--json');
    t.equal(check.status, 0, check.stdout.slice(-3000) + check.stderr);
    foreseen = changesIn(check.events);
    t.same(await eventsSince(lab, since), []);
    t.same(await truthOf(lab), start);
    // What was looked at is told by the journal.
    t.same(
      (await readdir(lab.dir)).filter((name) => name !== '.dabook'),
      folder.filter((name) => name !== '.dabook'),
    );

    const shown = await ha(lab, '--check', '--diff');
    t.match(
      shown.stdout,
      /Manage System > Policy Services: add policy1 \(on ha2\), internal host policy1, internal port 8080/,
    );
    t.match(shown.stdout, /^ +\+ +policy1:$/m, 'the blocks that will be written');
    t.match(shown.stdout, /core id: 2 -> \(known after apply\)/, 'and goes on behind the gate with unknowns');
    t.match(shown.stdout, /check mode, nothing was written/);
  });

  await t.test('the run stops at the gate, and its secrets are seen nowhere', async (t) => {
    const tokens = (
      await lab.root(1, 'docker swarm join-token -q worker; docker swarm join-token -q manager').text()
    )
      .trim()
      .split('\n');
    const secrets = [
      ...tokens,
      ...lab.hosts.flatMap((host) => Object.values(host.keys).map((key: string) => key.trim())),
    ];
    t.ok(secrets.every((secret) => secret.length > 40));

    const since = await now(lab);
    const watch = watchFor([...secrets, 'canary-of-this-test']);
    const canary = spawn('sleep', ['1'], { env: { CANARY: 'canary-of-this-test' } });
    const run = await ha(lab, '--json', '-vv');
    canary.kill();
    const { looks, seen } = watch.stop();
    t.equal(run.status, 3, run.stdout.slice(-3000) + run.stderr);
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
    const done = changesIn(run.events);
    t.same(
      done.toSorted(),
      foreseen.slice(0, done.length).toSorted(),
      'what check mode showed up to the gate',
    );
    t.match(foreseen[done.length], /^ha1 gate /);
    t.match(run.events.at(-1), {
      type: 'run.ended',
      outcome: 'waiting',
      hosts: { ha1: { waiting: 1, failed: 0 } },
    });
    t.match(await readFile(join(lab.dir, 'answers.yml'), 'utf8'), /^ {2}policy1:$/m);
  });

  await t.test('swarm, labels, files and services are as the procedure wants them by then', async (t) => {
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
    t.same(await placesOf(lab), wanted);

    const before = startFiles[0] ?? {};
    const after = await filesOn(lab, 1);
    for (const name of ['docker-compose.yml', 'network.yml', 'versiontag.yml']) {
      const path = `${composeFolder}/${name}`;
      const [was, is] = [before[path] ?? '', after[path] ?? ''];
      t.ok(
        isSubsequence(linesOf(was), linesOf(is)),
        `${name}: every line of its author is there, to the byte`,
      );
      t.equal(is.includes('\r\n'), was.includes('\r\n'), `${name}: its line ends`);
      t.notMatch(is.replaceAll('\r\n', ''), was.includes('\r\n') ? /\n/ : /\r/, `${name}: and no other`);
      for (const service of added) t.match(is, new RegExp(`^ +"?${service}"?:`, 'm'));
    }
  });

  await t.test('backups: one for each host, for this user alone, and none again', async (t) => {
    const folder = join(lab.dir, 'dabook-backups');
    const files = await readdir(folder);
    t.match(files.toSorted(), [/^ha1-[0-9a-f]{12}\.tar\.gz$/, /^ha2-/, /^ha3-/]);
    for (const file of files) t.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
    t.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  await t.test(
    'stopped at the gate, run again: zero writes, and the same answers are waited for',
    async (t) => {
      await unchanged(t, lab, async () => {
        const again = await ha(lab, '--json');
        t.equal(again.status, 3);
        t.same(changesIn(again.events), []);
      });
    },
  );

  await t.test('an answers file that is not all filled in: what is missing is told', async (t) => {
    await unchanged(t, lab, async () => {
      await writeFile(join(lab.dir, 'half.yml'), 'answers: { policy1: 11, authentication1: , done: true }\n');
      const half = await ha(lab, '-e', '@half.yml');
      t.equal(half.status, 3);
      t.match(half.stdout + half.stderr, /id of authentication1/);
      const [open = ''] = /^To be answered(?:.+\n)+/m.exec(half.stdout) ?? [];
      t.match(open, /id of distribution1/);
      t.notMatch(open, /id of policy1/);

      await writeFile(join(lab.dir, 'twice.yml'), 'answers: { policy1: 11, authentication1: 11 }\n');
      const twice = await ha(lab, '-e', '@twice.yml');
      t.equal(twice.status, 1);
      t.match(twice.stdout, /11 is the id of policy1 and of authentication1/);
    });
  });

  await t.test('the answers given: check mode shows what the run then does', async (t) => {
    const answers = await answersFile(lab, added);
    await untilQuiet(lab);
    const before = await truthOf(lab);
    const since = await now(lab);
    const check = await ha(lab, '--check', '--json', '-e', `@${answers}`);
    t.equal(check.status, 0, check.stdout.slice(-3000));
    t.same(await eventsSince(lab, since), []);
    t.same(await truthOf(lab), before);

    const run = await ha(lab, '--json', '-e', `@${answers}`);
    t.equal(run.status, 0, run.stdout.slice(-3000) + run.stderr);
    t.same(changesIn(run.events).toSorted(), changesIn(check.events).toSorted());
    t.same(await placesOf(lab), wanted);
  });

  await t.test('local configurations: only the values, every other byte as it was', async (t) => {
    const identities: readonly (readonly [host: number, folder: string, id: number, mHost: string])[] = [
      [2, 'policy-service', 11, 'policy1'],
      [2, 'authentication-service', 12, 'authentication1'],
      [2, 'distribution-service', 13, 'distribution1'],
      [3, 'access-point', 14, lab.hosts[2]?.address ?? ''],
    ];
    for (const [host, folder, id, mHost] of identities) {
      const path = `/opt/nexus/config/${folder}/LocalConfiguration.xml`;
      const was = startFiles[host - 1]?.[path] ?? '';
      const is = (await filesOn(lab, host))[path] ?? '';
      const changed = differingParts(was, is);
      t.equal(changed.length, 3, `${path} of ha${host} differs in three places`);
      t.same(
        changed.map(([, text]) => text).toSorted(),
        [`${id}`, `${id}`, mHost].toSorted(),
        'the id, twice, and the host',
      );
    }
    const untouched = '/opt/nexus/config/administration-service/LocalConfiguration.xml';
    t.equal((await filesOn(lab, 2))[untouched], startFiles[1]?.[untouched]);
    t.equal(
      await lab.root(2, "stat -c '%a %u:%g' /opt/nexus/config/policy-service/LocalConfiguration.xml").text(),
      '640 1003:1003\n',
    );
  });

  await t.test('keys: the shared one alone in front, both elsewhere, for their owner alone', async (t) => {
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
    t.equal(await lab.root(3, 'ls /opt/nexus/config/access-point/keys').text(), 'shared.key\n');
    t.equal(
      (await lab.root(2, "find / -xdev -name '.dabook*'").text()).trim(),
      '',
      'nothing of a write is left',
    );
  });

  await t.test('traffic crosses: by name, through the access point, from another node', async (t) => {
    const container = (await lab.root(3, 'docker ps -q -f name=da_access-point').text()).trim();
    t.match(
      await lab.root(3, `docker exec ${container} wget -q -O - http://authentication1:8080/`).text(),
      /authentication1 on ha2/,
    );
    const answer = await lab.root(1, `wget -q -O - http://${lab.hosts[2]?.address}:443/`).text();
    t.match(answer, /access-point on ha3: policy1? on ha[12]/);
  });

  await t.test('again, without the answers: zero writes, asked never again', async (t) => {
    await unchanged(t, lab, async () => {
      const again = await ha(lab, '--json');
      t.equal(again.status, 0, again.stdout.slice(-3000));
      t.same(changesIn(again.events), []);
    });
    t.equal(
      (await readdir(join(lab.dir, 'dabook-backups'))).length,
      6,
      'one more for each host, of the state at the gate',
    );
  });

  await t.test(
    'a label, a mode and an image changed by hand: named, and repaired, and nothing else',
    async (t) => {
      const good = await truthOf(lab);
      const node = (await lab.root(2, "docker info -f '{{.Swarm.NodeID}}'").text()).trim();
      await lab.root(3, 'chmod 0644 /opt/nexus/config/access-point/keys/shared.key');
      await lab.root(
        1,
        'docker service update -q --detach=false --no-resolve-image --image dabook.test/da/distribution-service:6.0.5.60260 da_distribution',
      );
      await lab.root(1, `docker node update --label-add da-policy-service1=other ${node}`);

      const before = await truthOf(lab);
      const check = await ha(lab, '--check', '--json');
      t.equal(check.status, 0, check.stdout.slice(-3000));
      const repairs = check.events.flatMap((event) =>
        event.type === 'task.planned' && event.steps.length > 0 ? event.changes : [],
      );
      t.match(
        repairs.filter(({ path }) => path !== 'archive'),
        [
          { path: 'labels.da-policy-service1', op: 'change', from: 'other', to: 'true' },
          { path: 'shared.key.mode', op: 'change', from: '0644', to: '0600' },
          {
            path: 'services.distribution.image',
            op: 'change',
            from: 'dabook.test/da/distribution-service:6.0.5.60260',
            to: 'dabook.test/da/distribution-service:6.0.5.60259',
          },
        ],
      );
      t.same(await truthOf(lab), before, 'and check mode still writes nothing');

      const run = await ha(lab, '--json');
      t.equal(run.status, 0, run.stdout.slice(-3000));
      t.same(changesIn(run.events).toSorted(), changesIn(check.events).toSorted());
      t.same(await labelsOf(lab).then(({ ha2 }) => ha2?.['da-policy-service1']), 'true');
      t.equal(await lab.root(3, 'stat -c %a /opt/nexus/config/access-point/keys/shared.key').text(), '600\n');
      const image = await lab
        .root(1, "docker service inspect da_distribution -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}'")
        .text();
      t.equal(image.trim(), 'dabook.test/da/distribution-service:6.0.5.60259');
      t.same(await placesOf(lab), wanted);
      t.same(filesOf(await truthOf(lab)), filesOf(good));
    },
  );

  await t.test(
    'a key changed by hand is put back, its service started anew, and no key is shown',
    async (t) => {
      const { internal, shared } = lab.hosts[0]?.keys ?? { internal: '', shared: '' };
      const file = '/opt/nexus/config/policy-service/keys/internal.key';
      const container = () => lab.root(2, 'docker ps -q -f name=da_policy1').text();
      const before = await container();
      await lab.root(2, `echo somebody-elses-key-somebody-elses-key > ${file}`);
      for (const options of [
        ['--check', '-vv', '--diff'],
        ['-vv', '--diff'],
      ]) {
        const ran = await ha(lab, ...options);
        t.equal(ran.status, 0, ran.stdout.slice(-3000));
        t.match(ran.stdout, /internal\.key\.fingerprint: [0-9a-f]+ -> [0-9a-f]+/);
        t.match(ran.stdout, /== Stop what gets new keys /);
        t.match(ran.stdout, /remove policy1 of stack da/);
        for (const secret of [internal.trim(), shared.trim(), 'somebody-elses-key']) {
          t.notOk(`${ran.stdout}${ran.stderr}`.includes(secret));
        }
      }
      t.equal(await lab.root(2, `cat ${file}`).text(), internal);
      t.not(await container(), before, 'policy1 has started anew');
      t.same(await placesOf(lab), wanted);
    },
  );

  await t.test(
    'failover test: a worker without twins is not drained; one with twins is, and comes back',
    async (t) => {
      await unchanged(t, lab, async () => {
        const alone = await runPlaybook(lab, 'ha-failover-test.ts', ['-e', 'drain=ha3']);
        t.equal(alone.status, 1);
        t.match(alone.stdout, /nothing would carry on for access-point/);
        const unknown = await runPlaybook(lab, 'ha-failover-test.ts', ['-e', 'drain=ha1']);
        t.equal(unknown.status, 2);
        t.match(unknown.stderr, /drain is ha1, which is no worker/);
      });
      const since = await now(lab);
      const ran = await runPlaybook(lab, 'ha-failover-test.ts', ['-e', 'drain=ha2', '--json']);
      t.equal(ran.status, 0, ran.stdout.slice(-3000));
      t.same(changesIn(ran.events), [
        'ha1 nodeAvailability drain node ha2',
        'ha1 nodeAvailability activate node ha2',
      ]);
      t.ok(
        (await eventsSince(lab, since)).some((line) => /^ha2: container die/.test(line)),
        'the services of ha2 were stopped',
      );
      t.same(await placesOf(lab), wanted);
    },
  );

  await t.test('rollback: files, labels and stacks as they were', async (t) => {
    const ran = await runPlaybook(lab, 'ha-rollback.ts', ['--json']);
    t.equal(ran.status, 0, ran.stdout.slice(-3000) + ran.stderr);
    t.same(filesOf(await truthOf(lab)), filesOf(start));
    t.same(essence(await truthOf(lab)), essence(start), 'nodes, labels, services and where they run');
    for (const [index, was] of startFiles.entries()) t.same(await filesOn(lab, index + 1), was);

    const again = await runPlaybook(lab, 'ha-rollback.ts', ['--json']);
    t.equal(again.status, 0);
    t.same(changesIn(again.events), []);
  });

  await t.test('without its backup, or with one that others have been at, nothing is touched', async (t) => {
    const folder = join(lab.dir, 'dabook-backups');
    for (const file of await readdir(folder)) {
      if (file.startsWith('ha2-'))
        await chmod(join(folder, file), 0o600).then(() => writeFile(join(folder, file), 'no archive'));
    }
    await unchanged(t, lab, async () => {
      const damaged = await runPlaybook(lab, 'ha-rollback.ts', []);
      t.equal(damaged.status, 1);
      t.match(damaged.stdout, /ha2 +failed/);
      const elsewhere = await runPlaybook(lab, 'ha-rollback.ts', ['-e', 'backup_dir=nowhere']);
      t.equal(elsewhere.status, 1);
      t.match(elsewhere.stdout, /has no backup of ha1 from when it was an installation of its own/);
    });
  });
});

/** Holds engines and files after something against what they were before. */
async function unchanged(t: Test, lab: Lab, work: () => Promise<void>): Promise<void> {
  await untilQuiet(lab);
  const before = await truthOf(lab);
  const since = await now(lab);
  await work();
  t.same(await eventsSince(lab, since), [], 'the engines tell of nothing');
  t.same(await truthOf(lab), before, 'no file has changed');
}

/** The texts of a host's compose files, local configurations and keys, by path. */
async function filesOn(lab: Lab, host: number): Promise<Record<string, string>> {
  const list = await lab.root(host, 'find /opt/nexus -type f | sort').text();
  const paths = list.trim().split('\n');
  const encoded = await lab.root(host, `for f in ${paths.join(' ')}; do base64 -w0 "$f"; echo; done`).text();
  const texts = encoded.split('\n').map((line) => Buffer.from(line, 'base64').toString('latin1'));
  return Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? '']));
}

/** The part of the truth that a repair brings back to the letter: paths, modes, owners, checksums. */
function filesOf(truth: Truth): unknown {
  return Object.fromEntries(
    Object.entries(truth).map(([host, text]) => [
      host,
      text
        .split('\n')
        .filter((line) => /^\.| {2}\.\//.test(line))
        .map((line) => line.replace(/ [\d.]+$/, '')),
    ]),
  );
}

/** Of each host: its nodes with their labels, and its services; without ids, which are new in a new swarm. */
function essence(truth: Truth): unknown {
  return Object.fromEntries(
    Object.entries(truth).map(([host, text]) => {
      const nodes = text.match(/^\w{25} \S+ \{.*\}$/gm) ?? [];
      const services = text.match(/^da_\S+ \d+ \{.*\}$/gm) ?? [];
      const bare = (line: string) =>
        line.replace(/"Target":"\w{25}"/g, '"Target":"a network"').replace(/"ForceUpdate":\d+/g, '');
      return [
        host,
        [
          ...nodes.map((line) => line.slice(26)),
          ...services.map((line) => bare(line).replace(/ \d+ /, ' ')),
        ].toSorted(),
      ];
    }),
  );
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/).map((line, index, all) => (index === all.length - 1 ? line.trimEnd() : line));
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const line of whole) if (line.trimEnd() === part[at]?.trimEnd()) at += 1;
  return at === part.length;
}

/** Where two texts differ, value by value: what stands between quotes, tags and blanks. */
function differingParts(was: string, is: string): readonly (readonly [string, string])[] {
  const [before, after] = [was, is].map((text) => text.split(/(["'<>\s])/));
  if (before === undefined || after === undefined || before.length !== after.length) return [];
  return before.flatMap((part, index) =>
    part === after[index] ? [] : [[part, after[index] ?? ''] as const],
  );
}
