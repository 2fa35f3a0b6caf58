import t from 'tap';
import { stackDeploy, stackPlaced, stackRemove } from '../../lib/tasks/stack/index.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { byHand, image, onLab } from './stack-on-lab.ts';

const newer = 'dabook.test/da/policy-service:6.0.5.60260';

const dir = '/root/oracle';
const never = { resolveImage: 'never' as const };

const skip = await skipWithoutLab();

t.test('stacks on real engines', { skip }, async (t) => {
  const lab = await createLab({ hosts: 1 });
  t.teardown(() => lab.down());
  const { sh, write } = byHand(lab, dir);
  const live = async (name: string) => JSON.parse(await sh(`docker service inspect ${name}`))[0];

  const base = (services: string) => `version: "3.7"\nservices:\n${services}`;
  /** A short monitor, or each update would take five seconds longer. */
  const service = (name: string, more = '', deploy = 'update_config: {monitor: 100ms}') =>
    `  ${name}:\n    image: ${image}\n    networks: [net]\n${more}    deploy: {${deploy}}\n`;
  const networks = 'networks:\n  net: {driver: overlay}\n';
  const args = { name: 'oracle', dir, files: ['base.yml', 'tags.yml'], ...never };
  const two = base(`${service('one')}${service('two')}${networks}`);
  const tags = (one: string, other: string) =>
    base(`  one:\n    image: ${one}\n  two:\n    image: ${other}\n`);
  const versions = async () => [
    (await live('oracle_one')).Version.Index as number,
    (await live('oracle_two')).Version.Index as number,
  ];

  await t.test('a removal, a deploy and a removal again preview right in one check', async (t) => {
    await write('base.yml', two);
    await write('tags.yml', tags(image, image));
    const up = await onLab(lab, [stackDeploy(args)]);
    t.strictSame([up.ended, up.faults], [['stackDeploy changed'], []]);
    const nodeId = (await sh('docker info -f "{{.Swarm.NodeID}}"')).trim();
    const placed = stackPlaced({ name: 'oracle', on: { one: nodeId, two: [nodeId] } });
    t.strictSame((await onLab(lab, [placed])).ended, ['stackPlaced ok']);
    const preview = await onLab(lab, [stackRemove({ name: 'oracle' }), stackDeploy(args), placed], {
      check: true,
    });
    t.strictSame(preview.ended, [
      'stackRemove would-change',
      'stackDeploy would-change',
      'stackPlaced unknown',
    ]);
    t.match(preview.changes.join('\n'), 'services[]: "oracle_one" -> null');
    t.match(preview.changes.join('\n'), `services.one: null -> {"image":"${image}"`);
    t.match(preview.changes.join('\n'), 'networks.oracle_net: null -> {"driver":"overlay"}');
    t.strictSame((await onLab(lab, [stackDeploy(args)])).changes, [], 'the check wrote nothing');
    const wrong = await onLab(lab, [stackPlaced({ name: 'oracle', on: { one: 'elsewhere' }, timeout: 0 })]);
    t.strictSame(wrong.ended, ['stackPlaced failed']);
    t.match(wrong.faults[0], /one runs on ha1 \(\w+\), not on unknown node \(elsewhere\)/);
  });

  await t.test('what was changed by hand is named, and put back', async (t) => {
    const before = await versions();
    await sh(`docker service update -q --image ${newer} oracle_one`);
    const check = await onLab(lab, [stackDeploy(args)], { check: true });
    t.strictSame(
      check.changes,
      [`services.one.image: "${newer}" -> "${image}"`],
      'the image, and nothing else',
    );
    t.equal(check.steps.length, 1);
    t.match(
      check.steps[0],
      /^set the image of service oracle_one back to .* \(POST \/services\/\w+\/update\?version=\d+\)$/,
    );
    const repair = await onLab(lab, [stackDeploy(args)]);
    t.strictSame([repair.ended, repair.faults], [['stackDeploy changed'], []]);
    t.equal((await live('oracle_one')).Spec.TaskTemplate.ContainerSpec.Image, image);
    const running = await sh(
      'docker service ps -f desired-state=running --format "{{.Image}} {{.CurrentState}}" oracle_one',
    );
    t.match(running, new RegExp(`^${image} Running`), 'what runs is the image of the files');
    t.equal((await versions())[1], before[1], 'the other service was not written to');

    await sh(
      'docker service update -q --detach --env-add X=1 --constraint-add node.role==manager --label-add l=2 --mount-add type=tmpfs,dst=/x --hostname h --limit-memory 64m --publish-add 8099:80 oracle_two',
    );
    await sh(`docker service update -q --detach --image ${newer} --replicas 2 oracle_one`);
    const drift = await onLab(lab, [stackDeploy(args)], { check: true });
    const paths = drift.changes.map((change) => change.split(': ')[0]);
    t.strictSame(
      paths.filter((path) => !/\.(running|updating)$/.test(path ?? '')),
      [
        'services.one.image',
        'services.one.replicas',
        'services.two.constraints',
        'services.two.environment',
        'services.two.hostname',
        'services.two.labels',
        'services.two.mounts',
        'services.two.ports',
        'services.two.resources',
      ],
    );
    const back = await onLab(lab, [stackDeploy(args)]);
    t.strictSame([back.ended, back.faults], [['stackDeploy changed'], []]);
    t.strictSame((await onLab(lab, [stackDeploy(args)], { check: true })).changes, []);
    t.equal((await live('oracle_one')).Spec.TaskTemplate.ContainerSpec.Image, image);
  });

  await t.test('a new tag in the files is deployed, and waited for', async (t) => {
    await write('tags.yml', tags(newer, image));
    const upgrade = await onLab(lab, [stackDeploy(args)]);
    t.strictSame(upgrade.changes, [`services.one.image: "${image}" -> "${newer}"`]);
    t.strictSame(upgrade.steps, [
      `cd '${dir}' && docker stack deploy -c 'base.yml' -c 'tags.yml' --resolve-image 'never' 'oracle'`,
    ]);
    const running = await sh(
      'docker service ps -f desired-state=running --format "{{.Image}} {{.CurrentState}}" oracle_one',
    );
    t.match(running, new RegExp(`^${newer} Running`));
    t.strictSame((await onLab(lab, [stackDeploy(args)])).changes, []);
  });

  await t.test('services that no file has any more go with prune alone', async (t) => {
    await write('base.yml', base(`${service('one')}${networks}`));
    await write('tags.yml', base(`  one:\n    image: ${newer}\n`));
    t.strictSame((await onLab(lab, [stackDeploy(args)])).changes, []);
    const pruned = await onLab(lab, [stackDeploy({ ...args, prune: true })]);
    t.equal(pruned.changes.length, 1);
    t.match(pruned.changes[0], /^services\.two: \{"image":.*\} -> null$/);
    t.match(await sh('docker service ls --format "{{.Name}}" --filter name=oracle'), /^oracle_one\s*$/);
  });

  await t.test('services that cannot run fail with the reason of the swarm', async (t) => {
    const failing = async ({ more = '', deploy = '', tag = image }) => {
      await write('base.yml', base(`${service('one', more, deploy)}${networks}`));
      await write('tags.yml', base(`  one:\n    image: ${tag}\n`));
      const ran = await onLab(lab, [stackDeploy({ ...args, timeout: 60 })]);
      t.strictSame(ran.ended, ['stackDeploy failed'], more || deploy || tag);
      return ran.faults[0];
    };
    t.match(
      await failing({ deploy: 'placement: {constraints: [node.labels.nowhere == true]}' }),
      /one 0\/1: no suitable node \(scheduling constraints not satisfied on 1 node\): no node has the label nowhere \(node\.labels\.nowhere == true\)/,
    );
    t.match(
      await failing({
        more: '    volumes: [/not/there:/x]\n',
        deploy: 'update_config: {monitor: 1ms, failure_action: continue}',
      }),
      /one 0\/1: .*bind source path does not exist: \/not\/there on ha1/,
    );
    t.match(
      await failing({
        more: '    entrypoint: [/bin/sh, -c, exit 3]\n',
        deploy: 'restart_policy: {delay: 100ms}, update_config: {failure_action: continue}',
      }),
      /one 0\/1: .*exit.*3.* on ha1 \(failed \d+ times\)/,
    );
    await onLab(lab, [stackRemove({ name: 'oracle' })]);
  });

  await t.test('what could not work is refused before anything is written, in a check too', async (t) => {
    const asked = async (more: string, tag = image) => {
      await write('base.yml', base(`${service('one', more)}${networks}`));
      await write('tags.yml', base(`  one:\n    image: ${tag}\n`));
      const both = [];
      for (const check of [true, false]) both.push(await onLab(lab, [stackDeploy(args)], { check }));
      const [check, apply] = both;
      // A resolver that is not there is told with the port that it was asked from.
      const words = (faults: readonly string[] = []) => faults.map((text) => text.replace(/:\d+->/g, ':x->'));
      t.strictSame(words(check?.faults), words(apply?.faults), 'in the same words');
      t.strictSame(apply?.steps, check?.steps);
      return check;
    };
    const refused = async (expected: RegExp, ...what: Parameters<typeof asked>) => {
      const ran = await asked(...what);
      t.match(ran?.faults[0], expected);
      t.strictSame([ran?.ended, ran?.steps], [['stackDeploy failed'], []]);
      t.equal(await sh('docker service ls -q --filter name=oracle'), '', 'nothing was written');
    };
    const port = (mode: string, number: number) =>
      `    ports: [{target: 80, published: ${number}, mode: ${mode}, protocol: tcp}]\n`;
    await onLab(lab, [stackRemove({ name: 'oracle' })]);

    await refused(
      /^refused: tags\.yml:4:\d+: image dabook\.test\/da\/none:1 of service one is not on ha1, which alone may run it, and its registry/,
      '',
      'dabook.test/da/none:1',
    );
    const other = (mode: string, number: number) => base(`${service('two', port(mode, number))}${networks}`);
    await write('other.yml', other('ingress', 8543));
    const beside = { ...args, name: 'beside', files: ['other.yml'] };
    t.strictSame((await onLab(lab, [stackDeploy(beside)])).ended, ['stackDeploy changed']);
    for (const mode of ['ingress', 'host']) {
      await refused(
        /^refused: base\.yml:\d+:\d+: service one publishes port 8543\/tcp, which service beside_two has on every node$/,
        port(mode, 8543),
      );
    }
    const freed = await onLab(lab, [stackRemove({ name: 'beside' }), stackDeploy(args)], { check: true });
    t.strictSame(freed.ended, ['stackRemove would-change', 'stackDeploy would-change']);
    await onLab(lab, [stackRemove({ name: 'beside' })]);
    await write('other.yml', other('host', 8544));
    t.strictSame((await onLab(lab, [stackDeploy(beside)])).ended, ['stackDeploy changed']);
    await refused(
      /service one publishes port 8544\/tcp of its node, and service beside_two has it on ha1: no other node may run it$/,
      port('host', 8544),
    );
    await onLab(lab, [stackRemove({ name: 'beside' })]);

    const listen = `use IO::Socket::INET; my $at = IO::Socket::INET->new(LocalPort => 8445, Listen => 1) or die; sleep 600`;
    const pid = (await sh(`setsid perl -e '${listen}' >/dev/null 2>&1 & echo $!`)).trim();
    await sh('until grep -q ":20FD 0*:0000 0A" /proc/net/tcp; do sleep 0.1; done');
    await refused(
      /service one publishes port 8445\/tcp of ha1, which alone may run it, and a program there has that port$/,
      port('host', 8445),
    );
    await sh(`kill ${pid}`);
    await write('base.yml', base(`${service('one', port('host', 8445))}${networks}`));
    t.strictSame((await onLab(lab, [stackDeploy(args)])).ended, ['stackDeploy changed'], 'it is free now');
    await onLab(lab, [stackRemove({ name: 'oracle' })]);
  });

  await t.test('faults are refused before anything is written, in a check too', async (t) => {
    const refused = async (files: Record<string, string>, expected: RegExp) => {
      for (const [file, text] of Object.entries(files)) await write(file, text);
      const ran = await onLab(lab, [stackDeploy({ ...args, files: Object.keys(files) })], { check: true });
      t.match(ran.faults.join('\n'), expected);
      t.strictSame(ran.ended, ['stackDeploy failed']);
    };
    const good = base(`${service('one')}${networks}`);
    await refused(
      { 'a.yml': base(`  one:\n    image: ${image}\n    imag: 3\n`) },
      /^refused: a\.yml:5:\d+: services\.one Additional property imag is not allowed/,
    );
    await refused(
      { 'a.yml': base(`  one: {image: x}\n  one: {image: y}\n`) },
      /^refused: a\.yml:4:\d+: the key one stands here twice/,
    );
    await refused({ 'a.yml': good, 'b.yml': good.replace('3.7', '3.8') }, /a\.yml has 3\.7, b\.yml has 3\.8/);
    await refused(
      { 'a.yml': good.replace(image, `http://${image}`) },
      /a\.yml:4:\d+: image http:\/\/dabook.* an image has no http:\/\//,
    );
    await refused({ 'a.yml': base('  one:\n    hostname: x\n') }, /service one has no image/);
    await refused(
      { 'a.yml': good, 'b.yml': tags(image, image) },
      /b\.yml:5:\d+: service two is in none of the files before/,
    );
    await refused(
      { 'a.yml': good.replace('  net:', '  other:') },
      /network net of service one is not defined/,
    );
    await refused(
      { 'a.yml': good.replace('{driver: overlay}', '{external: true, name: absent}') },
      /external network absent .* does not exist/,
    );
    await refused(
      { 'a.yml': base(`${service('one', '    secrets: [s]\n')}${networks}secrets: {s: {external: true}}\n`) },
      /external secret s .* does not exist/,
    );
    await refused(
      {
        'a.yml': base(
          service('one', '    ports: ["80:80"]\n') + service('two', '    ports: ["80:81"]\n') + networks,
        ),
      },
      /services one and two both publish port 80\/tcp/,
    );
    await refused(
      {
        'a.yml': base(service('one', '    ports: ["80:80"]\n', 'endpoint_mode: dnsrr') + networks),
      },
      /service one publishes port 80 through the routing mesh/,
    );
    t.match(
      await sh(
        `cd ${dir} && docker stack deploy --resolve-image never -c a.yml refused 2>&1 || docker stack rm refused`,
      ),
      /port published with ingress mode can't be used with dnsrr mode/,
      'as the Engine does, half way',
    );
    t.match(
      (await onLab(lab, [stackDeploy({ ...args, files: ['none.yml'] })])).faults[0],
      /none\.yml cannot be read/,
    );
    t.match(
      (await onLab(lab, [stackDeploy({ ...args, dir: '/none' })])).faults[0],
      /no folder \/none on ha1/,
    );

    await write('base.yml', good);
    await write('tags.yml', base(`  one:\n    image: ${image}\n`));
    await onLab(lab, [stackDeploy(args)]);
    await refused(
      {
        'base.yml': good.replace('{driver: overlay}', '{driver: overlay, attachable: true}'),
        'tags.yml': base(`  one:\n    image: ${image}\n`),
      },
      /network oracle_net differs from its definition.*attachable is not set, not true/,
    );
    // The swarm goes, and with it the stack: nothing to remove, nowhere to deploy.
    await sh('docker swarm leave --force');
    t.strictSame((await onLab(lab, [stackRemove({ name: 'oracle' })])).ended, ['stackRemove ok']);
    t.match(
      (await onLab(lab, [stackDeploy({ ...args, files: ['tags.yml'] })])).faults[0],
      /this host is in no swarm/,
    );
  });
});
