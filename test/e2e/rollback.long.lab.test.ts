import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Event } from '../../lib/events.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { outsideTap } from '../outside-tap.ts';
import { type Truth, truthOf } from './engine-truth.ts';
import { answersFile, changesIn, ha, inventoryWith, runPlaybook, warningsIn } from './ha-run.ts';

const skip = await skipWithoutLab();
const root = fileURLToPath(new URL('../..', import.meta.url));

t.test('back from wherever a run was killed, and nothing of later work is lost', { skip }, async (t) => {
  const lab = await createLab({ hosts: 2 });
  t.teardown(() => lab.down());
  const start = await truthOf(lab);
  const answers = await answersFile(lab, ['policy1', 'authentication1', 'distribution1', 'access-point']);
  const saved = async () => (await readdir(join(lab.dir, 'dabook-backups'))).length;
  const rollback = (...options: readonly string[]) =>
    runPlaybook(lab, 'ha-rollback.ts', ['--json', ...options]);

  await t.test('a join that was cut off before the worker left its swarm', async (t) => {
    t.ok(
      await killed(lab, 'ha.ts', (event) => event.type === 'play.ended' && /^Back up/.test(event.play)),
      'killed when all was backed up',
    );
    await lab.root(
      2,
      `docker stack rm da && until [ -z "$(docker ps -q)" ]; do sleep 0.2; done
      id=$(docker info -f '{{.Swarm.NodeID}}')
      for label in $(docker node inspect "$id" -f '{{range $k, $v := .Spec.Labels}}{{$k}} {{end}}'); do
        docker node update --label-rm "$label" "$id"
      done`,
    );
    const run = await ha(lab, '--json', '-e', `@${answers}`);
    t.equal(run.status, 0, run.stdout.slice(-3000) + run.stderr);
    t.notMatch(warningsIn(run.events).join(), /no way back/);
    t.same(changesIn((await ha(lab, '--json')).events), [], 'all is set up');
  });

  await t.test('a backup comes before whatever is changed', async (t) => {
    const folder = '/opt/nexus/config';
    const inventory = await inventoryWith(lab, ({ all }) => {
      Object.assign(all.vars, { owner: { uid: 1003, gid: 1003 }, remove_internal_keys: true });
    });
    const changes = async () => {
      const check = await runPlaybook(lab, 'ha.ts', ['--json', '--check'], { inventory });
      t.equal(check.status, 0, check.stdout.slice(-3000));
      return changesIn(check.events).map((line) => line.split(' ').slice(0, 2).join(' '));
    };
    t.same(await changes(), []);
    const backups = ['ha1 backup', 'ha2 backup'];

    await lab.root(2, `touch ${folder}/policy-service/by-root`);
    t.same((await changes()).toSorted(), [...backups, 'ha2 ownedTree'], 'an owner');
    await lab.root(2, `rm ${folder}/policy-service/by-root`);

    await lab.root(2, `cp -p ${folder}/policy-service/keys/internal.key ${folder}/access-point/keys/`);
    t.same((await changes()).toSorted(), [...backups, 'ha2 fileAbsent'], 'a key');
    await lab.root(2, `rm ${folder}/access-point/keys/internal.key`);

    const node = (await lab.root(2, "docker info -f '{{.Swarm.NodeID}}'").text()).trim();
    await lab.root(1, `docker node update --label-add da-administration-service=true ${node}`);
    const labelled = await changes();
    t.same(labelled.slice(0, 2).toSorted(), backups, 'a label');
    t.ok(labelled.includes('ha1 labelNode'));
    t.equal((await ha(lab, '--json')).status, 0);
  });

  await t.test('killed again and again, it gets to its end', async (t) => {
    const before = await truthOf(lab);
    const check = await rollback('--check');
    t.equal(check.status, 0, check.stdout.slice(-3000));
    t.same(await truthOf(lab), before, 'check mode changes nothing');

    const isDone = (event: Event, host: string, task: string) =>
      event.type === 'task.ended' && event.host === host && event.name === task && event.status === 'changed';
    const isDeploying = (event: Event, host: string) =>
      event.type === 'command.started' && event.host === host && /docker stack deploy/.test(event.shown);
    const points: readonly (readonly [string, (event: Event) => boolean])[] = [
      ['when the worker had left', (event) => isDone(event, 'ha2', 'swarmLeave')],
      ['when its files were back', (event) => isDone(event, 'ha2', 'restore')],
      ['while the worker was deployed', (event) => isDeploying(event, 'ha2')],
      ['when the files of the manager were back', (event) => isDone(event, 'ha1', 'restore')],
      ['while the manager was deployed', (event) => isDeploying(event, 'ha1')],
    ];
    for (const [what, isThere] of points) t.ok(await killed(lab, 'ha-rollback.ts', isThere), what);
    const last = await rollback();
    t.equal(last.status, 0, last.stdout.slice(-3000) + last.stderr);
    t.same(essenceOf(await truthOf(lab)), essenceOf(start), 'files, labels, nodes and services as they were');
  });

  await t.test('what is back stays as it is', async (t) => {
    const count = await saved();
    const again = await rollback();
    t.equal(again.status, 0, again.stdout.slice(-3000));
    t.same(changesIn(again.events), []);

    await lab.root(2, 'echo "# maintained since" >> /opt/nexus/docker-compose/docker-compose.yml');
    const maintained = await truthOf(lab);
    const ran = await rollback();
    t.equal(ran.status, 0, ran.stdout.slice(-3000));
    t.same(changesIn(ran.events), []);
    t.match(warningsIn(ran.events).join('\n'), /ha2 has an installation of its own, which was changed since/);
    t.same(await truthOf(lab), maintained);
    t.equal(await saved(), count, 'nothing was backed up for nothing');
  });

  await t.test('high availability anew, and back one by one', async (t) => {
    const before = await truthOf(lab);
    const run = await ha(lab, '--json', '-e', `@${answers}`);
    t.equal(run.status, 0, run.stdout.slice(-3000));
    const first = await rollback('--limit', 'ha2');
    t.equal(first.status, 0, first.stdout.slice(-3000));
    t.match(warningsIn(first.events).join('\n'), /ha1 stays as it is: it is outside of --limit/);
    t.same(essenceOf(await truthOf(lab)).ha2, essenceOf(before).ha2, 'with what was maintained since');

    const second = await rollback();
    t.equal(second.status, 0, second.stdout.slice(-3000));
    t.same(
      changesIn(second.events).filter((line) => line.startsWith('ha2')),
      [],
    );
    t.same(essenceOf(await truthOf(lab)), essenceOf(before));
  });

  await t.test('a manager whose own installation does not run', async (t) => {
    await lab.root(1, 'docker stack rm da; docker swarm leave --force');
    const before = await truthOf(lab);
    for (const playbook of ['ha.ts', 'ha-rollback.ts'] as const) {
      const ran = await runPlaybook(lab, playbook, ['--json']);
      t.equal(ran.status, 1, playbook);
      const told = ran.events.flatMap((event) => (event.type === 'task.ended' && event.fault) || []);
      t.match(told, [
        {
          code: 'refused',
          message: 'its own installation does not run: ha1, the manager, is in no swarm',
          hint: /docker swarm init --advertise-addr/,
        },
      ]);
      t.same(await truthOf(lab), before, 'nothing was changed');
    }
  });
});

/** Kills a run, as nothing can be caught, at the first event that fits. False when it ended before. */
async function killed(lab: Lab, playbook: string, isThere: (event: Event) => boolean): Promise<boolean> {
  const args = [
    `${root}bin/dabook.cjs`,
    'run',
    `${root}playbooks/${playbook}`,
    '-i',
    lab.inventoryFile,
    '--yes',
  ];
  const child = spawn(...outsideTap(process.execPath, [...args, '--json']), {
    cwd: lab.dir,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((done) => child.on('close', (_status, signal) => done(signal)));
  for await (const line of createInterface({ input: child.stdout })) {
    if (isThere(JSON.parse(line) as Event)) child.kill('SIGKILL');
  }
  return (await ended) === 'SIGKILL';
}

/** What of a host does not change when it gets a new swarm: its files, its nodes with their labels, its services. */
function essenceOf(truth: Truth): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(truth).map(([host, text]) => {
      const files = text.match(/^(\.\S* . \d+ \d+:\d+|[0-9a-f]{64} {2}\..*$)/gm) ?? [];
      const nodes = text.match(/(?<=^\w{25} )\S+ \{.*\}$/gm) ?? [];
      const services = text.match(/^da_\S+ \d+ \{.*\}$/gm) ?? [];
      const bare = (line: string) =>
        line
          .replace(/"Target":"\w{25}"/g, '"Target":"a network"')
          .replace(/"ForceUpdate":\d+/g, '')
          .replace(/ \d+ /, ' ');
      return [host, [...files, ...nodes, ...services.map(bare)].toSorted()];
    }),
  );
}
