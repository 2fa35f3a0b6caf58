import t from 'tap';
import { stackDeploy, stackRemove } from '../../lib/tasks/stack/index.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary, canaryInVariable } from '../canary/canary.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { byHand, image, onLab } from './stack-on-lab.ts';

// The Engine itself keeps what a service's environment holds, and hands secrets to containers.
const password = canaryInVariable('DB_PASSWORD');
mayHold(password, /\/root\/oracle\/all\.yml$|\/(run|var\/lib)\/docker\//);
const stackSecret = canary('secret of a stack');
mayHold(stackSecret, /\/root\/oracle\/secret\.txt$|\/var\/lib\/docker\/containers\/[^/]+\/mounts\//);

/** Services that end by themselves; docker's command of 20.10 does not know them. */
const jobs = `  job:
    image: ${image}
    entrypoint: [/bin/sh, -c, exit 0]
    deploy: {mode: replicated-job, replicas: 2}
  gjob:
    image: ${image}
    entrypoint: [/bin/sh, -c, exit 0]
    deploy: {mode: global-job, restart_policy: {condition: none}}
`;

/** Every property that a stack knows, in services that run here. */
const everything = `version: "3.13"
services:
  plain:
    image: ${image}
  web:
    image: ${image}
    command: ["run", "--x"]
    entrypoint: ["/bin/sh", "-c", "trap 'exit 0' INT; while :; do sleep 0.2; done"]
    environment: {A: "1", B: , C: "", DB_PASSWORD: ${password}}
    labels: {l1: "1", l2: ""}
    hostname: web1
    user: "1003:1003"
    working_dir: /tmp
    tty: true
    stdin_open: true
    read_only: true
    init: true
    stop_grace_period: 3s
    stop_signal: SIGINT
    dns: [10.0.0.53]
    dns_search: [x.test]
    extra_hosts: ["db:10.1.2.3", "six:::1"]
    sysctls: {net.ipv4.ip_unprivileged_port_start: "0"}
    cap_add: [NET_ADMIN]
    cap_drop: [CAP_MKNOD, net_admin]
    ulimits: {nofile: 1024, nproc: {soft: 10000, hard: 20000}}
    healthcheck: {test: "true", interval: 1s, timeout: 2s, retries: 3, start_period: 1s}
    logging: {driver: json-file, options: {max-size: 1m}}
    volumes:
      - /opt/nexus/config:/cfg:ro
      - data:/data
      - labelled:/lab:nocopy
      - /anon
      - {type: tmpfs, target: /t, tmpfs: {size: 65536}}
      - {type: bind, source: ./rel, target: /b, bind: {propagation: rprivate}}
    networks: {n1: {aliases: [q, r]}, n2: }
    ports: ["8081:8080", "5353:53/udp"]
    secrets: [s1, {source: s1, target: s2, uid: "1003", gid: "1003", mode: 0400}]
    configs: [{source: c1, target: /etc/c1}]
    restart: on-failure:4
    depends_on: [plain]
    expose: ["1"]
    container_name: nope
    deploy:
      mode: replicated
      replicas: 2
      endpoint_mode: vip
      labels: {x: "y"}
      update_config: {parallelism: 2, delay: 1s, failure_action: rollback, monitor: 2s, max_failure_ratio: 0.1, order: start-first}
      rollback_config: {parallelism: 0, order: stop-first}
      restart_policy: {condition: on-failure, delay: 1s, max_attempts: 3, window: 60s}
      resources: {limits: {cpus: "0.25", memory: 64M}, reservations: {cpus: "0.01", memory: 4M}}
      placement:
        constraints: ["node.role==manager", "node.platform.os == linux"]
        preferences: [{spread: node.labels.z}]
        max_replicas_per_node: 2
  each:
    image: ${image}
    networks: [hostnet]
    deploy: {mode: global, restart_policy: {delay: 0s}, update_config: {parallelism: 0}}
  port:
    image: ${image}
    ports: [{target: 8080, published: 8082, mode: host, protocol: tcp}]
${jobs}  rr:
    image: ${image}
    networks: [ext]
    init: false
    healthcheck: {disable: true}
    stop_grace_period: 0s
    deploy: {endpoint_mode: dnsrr, replicas: 0}
networks:
  n1: {driver: overlay, attachable: true, labels: {a: b}, driver_opts: {com.docker.network.driver.mtu: "1400"}}
  n2: {internal: true, ipam: {driver: default, config: [{subnet: 10.77.0.0/24}]}}
  hostnet: {external: true, name: host}
  ext: {external: true, name: outside}
volumes:
  data:
  labelled: {driver: local, labels: {v: w}, driver_opts: {type: tmpfs, device: tmpfs}}
secrets: {s1: {file: ./secret.txt}}
configs: {c1: {file: ./config.txt, labels: {k: v}}}
`;

const older = everything.replace('"3.13"', '"3.8"').replace(jobs, '');

const dir = '/root/oracle';
const never = { resolveImage: 'never' as const };

const skip = await skipWithoutLab();

t.test('stacks that docker itself deployed', { skip }, async (t) => {
  const lab = await createLab({ hosts: 1 });
  t.teardown(() => lab.down());
  const { sh, write } = byHand(lab, dir);
  await sh('docker network create -d overlay outside');
  // What a mount of theirs has for its source.
  await sh(`mkdir -p ${dir}/rel`);
  await write('secret.txt', `${stackSecret}\n`);
  await write('config.txt', 'c\n');

  for (const cli of ['newer', '20.10']) {
    await t.test(`what the ${cli} docker command deploys shows no difference`, async (t) => {
      if (cli === '20.10') {
        await sh('mv /usr/local/bin/docker /usr/local/bin/docker.away');
        t.teardown(() => sh('mv /usr/local/bin/docker.away /usr/local/bin/docker'));
        t.match(await sh('docker --version'), '20.10');
      }
      await write('all.yml', cli === 'newer' ? everything : older);
      await sh(`cd ${dir} && docker stack deploy --resolve-image never -c all.yml oracle`);
      const deploy = stackDeploy({ name: 'oracle', dir, files: ['all.yml'], ...never });
      const first = await onLab(lab, [deploy]);
      t.strictSame(first.faults, []);
      t.strictSame(first.steps, [], 'nothing is written');
      const settled = first.changes.filter((change) => !/\.(running|completed): /.test(change));
      t.strictSame(settled, [], 'only what has yet to come up differs');
      const again = await onLab(lab, [deploy], { check: true });
      t.strictSame([again.ended, again.changes], [['stackDeploy ok'], []]);

      const gone = await onLab(lab, [stackRemove({ name: 'oracle' })]);
      t.strictSame([gone.ended, gone.faults], [['stackRemove changed'], []]);
      for (const kind of ['service', 'secret', 'config', 'network']) {
        const left = await sh(`docker ${kind} ls -q --filter label=com.docker.stack.namespace=oracle`);
        t.equal(left, '', `no ${kind} is left`);
      }
      t.equal(
        await sh('docker ps -q --filter label=com.docker.stack.namespace=oracle'),
        '',
        'no container runs',
      );
      t.strictSame((await onLab(lab, [stackRemove({ name: 'oracle' })])).ended, ['stackRemove ok']);
    });
  }
});
