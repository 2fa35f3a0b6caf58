import t from 'tap';
import type { Host } from '../../lib/host.ts';
import { show } from '../../lib/show.ts';
import type { Task } from '../../lib/task.ts';
import {
  composeConfig,
  serviceLogs,
  serviceRestart,
  serviceRestarts,
  stackDeploy,
  stackRemove,
  stackSteady,
} from '../../lib/tasks/stack/index.ts';
import { isKnown } from '../../lib/unknown.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { byHand, image, onLab, type Ran } from './stack-on-lab.ts';

const dir = '/root/more';
const args = { name: 'more', dir, files: ['base.yml', 'over.yml'], resolveImage: 'never' as const };

/** A service that says something and waits; `after` ends it when it is over. */
const service = (name: string, script = 'while :; do sleep 0.2; done') => `  ${name}:
    image: ${image}
    entrypoint: [/bin/sh, -c, "trap 'exit 0' TERM; echo ${name} to stdout; sleep 0.3; echo ${name} to stderr >&2; ${script}"]
    networks: [net]
    deploy: {update_config: {monitor: 100ms}, restart_policy: {delay: 500ms}}
`;
const base = (services: string) =>
  `version: "3.7"\nservices:\n${services}networks: {net: {driver: overlay}}\n`;
const over = (hostname: string) => `version: "3.7"\nservices: {one: {hostname: ${hostname}}}\n`;

const skip = await skipWithoutLab();

t.test('a stack that is watched, restarted and previewed on a real engine', { skip }, async (t) => {
  const lab = await createLab({ hosts: 1 });
  t.teardown(() => lab.down());
  const { sh, write } = byHand(lab, dir);
  /** What a playbook gets of a host. */
  const asked = async <R>(work: (host: Host) => Promise<R>) => {
    let result: R | undefined;
    const ran = await onLab(lab, async (host) => {
      result = await work(host);
    });
    t.strictSame(ran.faults, []);
    return result as R;
  };
  await write('base.yml', base(service('one') + service('two')));
  await write('over.yml', over('first'));

  await t.test('remove, deploy, remove, deploy: a check shows what a run does', async (t) => {
    const four: readonly Task<unknown>[] = [
      stackRemove({ name: 'more' }),
      stackDeploy(args),
      stackRemove({ name: 'more' }),
      stackDeploy(args),
    ];
    t.strictSame((await onLab(lab, [stackDeploy(args)])).ended, ['stackDeploy changed']);
    const check = await onLab(lab, four, { check: true });
    t.strictSame(check.ended, [
      'stackRemove would-change',
      'stackDeploy would-change',
      'stackRemove would-change',
      'stackDeploy would-change',
    ]);
    const ran = await onLab(lab, four);
    t.strictSame(ran.ended, [
      'stackRemove changed',
      'stackDeploy changed',
      'stackRemove changed',
      'stackDeploy changed',
    ]);
    // A removal goes on with its networks when its services are gone.
    const first = ({ events }: Ran) => {
      const plans = events.flatMap((event) => (event.type === 'task.planned' ? event : []));
      return plans
        .filter(({ task }, index) => plans.findIndex((plan) => plan.task === task) === index)
        .flatMap(({ changes }) => changes.map(({ path, from, to }) => `${path} ${show(from)} ${show(to)}`))
        .filter((change) => /^(services|networks)/.test(change));
    };
    t.strictSame(first(check), first(ran));
    t.equal(first(ran).length, 12, 'two services and a network, four times');
    t.strictSame((await onLab(lab, four.slice(1, 2))).changes, []);
  });

  await t.test('texts that are not written yet are merged on the host', async (t) => {
    await write('own.env', 'OWN=1\n');
    const texts = {
      'base.yml': `${base(service('one').replace('    image', '    env_file: own.env\n    image'))}# ${'é'.repeat(150_000)}\n`,
      'over.yml': `${over('second')}# ${'"\'$x'.repeat(50_000)}\n`,
    };
    const before = await sh('ls /tmp /var/tmp /root; ls /root/more');
    const config = await asked(async (host) => {
      const read = await host.read(composeConfig({ dir, files: args.files, texts }));
      return isKnown(read) ? read.config : undefined;
    });
    t.match(config?.services, { one: { hostname: 'second', environment: { OWN: '1' } } });
    t.equal(await sh('ls /tmp /var/tmp /root; ls /root/more'), before, 'nothing stays behind');
    t.match(await sh(`cat ${dir}/over.yml`), 'first', 'and no file was touched');

    await sh('mv /usr/local/bin/docker /usr/local/bin/docker.away');
    t.teardown(() => sh('mv /usr/local/bin/docker.away /usr/local/bin/docker'));
    const older = await asked(async (host) => {
      const read = await host.read(
        composeConfig({ dir, files: args.files, texts: { 'over.yml': texts['over.yml'] } }),
      );
      return isKnown(read) ? read.config : undefined;
    });
    t.match(older?.services, { one: { hostname: 'second', image } }, 'by docker 20.10 too');
  });

  await t.test('a service is restarted once', async (t) => {
    const { restarts, running } = await asked((host) => host.read(serviceRestarts('more_one')));
    t.equal(restarts, 0);
    t.equal((running as readonly string[]).length, 1);
    const restart = serviceRestart({ service: 'more_one', after: restarts });
    const check = await onLab(lab, [restart], { check: true });
    t.strictSame(check.ended, ['serviceRestart would-change']);
    t.match(check.changes, [/^restarts: 0 -> 1$/, /^running: .* -> "\(known after apply\)"$/]);
    const ran = await onLab(lab, [restart, restart]);
    t.strictSame([ran.ended, ran.faults], [['serviceRestart changed', 'serviceRestart ok'], []]);
    t.match(ran.steps, [/^restart service more_one \(POST \/services\/\w+\/update\?version=\d+\)$/]);
    const after = await asked((host) => host.read(serviceRestarts('more_one')));
    t.match(after, { restarts: 1, tasks: '1/1' });
    t.notSame(after.running, running, 'a new task runs');
    t.strictSame((await onLab(lab, [stackDeploy(args)])).changes, [], 'a deploy does not mind');

    const missing = await onLab(lab, [serviceRestart({ service: 'more_none', after: 0 })]);
    t.strictSame(missing.faults, [
      'refused: the swarm has no service more_none',
      'a service of a stack is named after both, as in da_postgres: see docker service ls',
    ]);
    const foreseen = await onLab(
      lab,
      async (host) => {
        await host.run(stackRemove({ name: 'more' }));
        const later = await host.read(serviceRestarts('more_one'));
        await host.run(serviceRestart({ service: 'more_one', after: later.restarts }));
      },
      { check: true },
    );
    t.strictSame(foreseen.ended, ['stackRemove would-change', 'serviceRestart unknown']);
  });

  await t.test('logs of a service', async (t) => {
    const lines = await asked((host) => host.read(serviceLogs({ service: 'more_two' })));
    t.strictSame(lines, ['two to stdout', 'two to stderr']);
    const of = (service: string, count?: number) =>
      asked((host) => host.read(serviceLogs({ service, ...(count === undefined ? {} : { lines: count }) })));
    t.strictSame(await of('more_two', 1), ['two to stderr']);
    t.match((await of('more_one')).length, 4, 'of former tasks too');
    const missing = await onLab(lab, (host) => host.read(serviceLogs({ service: 'more_none' })));
    t.match(missing.faults[0], 'refused: the swarm has no service more_none');
  });

  await t.test('a stack that keeps running, and one that does not', async (t) => {
    const steady = stackSteady({ name: 'more', seconds: 4, timeout: 30 });
    await onLab(lab, [serviceRestart({ service: 'more_one', after: 1 })]);
    const settled = await onLab(lab, [steady, steady]);
    t.strictSame([settled.ended, settled.faults], [['stackSteady ok', 'stackSteady ok'], []]);
    const again = await onLab(lab, [steady]);
    t.strictSame(again.changes, []);
    const commands = again.events.filter(({ type }) => type === 'command.ended');
    t.equal(commands.length, 7, 'one look');

    await write('base.yml', base(service('one') + service('two', 'sleep 1; exit 3')));
    await onLab(lab, [stackDeploy({ ...args, timeout: 0 })]);
    const looping = await onLab(lab, [stackSteady({ name: 'more', seconds: 6, timeout: 8 })]);
    t.strictSame(looping.ended, ['stackSteady failed']);
    t.match(
      looping.faults[0],
      /^not-converged: stackSteady did not converge: after 8 s: two (0\/1 running|running for \d+ s), restarted (once|\d times): task: non-zero exit \(3\) on ha1/,
    );
    t.match((await onLab(lab, [stackSteady({ name: 'none' })])).faults[0], 'refused: there is no stack none');
    const foreseen = await onLab(lab, [stackRemove({ name: 'more' }), steady], { check: true });
    t.strictSame(foreseen.ended, ['stackRemove would-change', 'stackSteady unknown']);
    await onLab(lab, [stackRemove({ name: 'more' })]);
  });
});
