import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sax from 'sax';
import t from 'tap';
import { parse } from 'yaml';
import { createLab } from './create-lab.ts';
import { installPackages } from './install-packages.ts';
import { openLab } from './lab.ts';
import { type LabRecord, readRecord, writeRecord } from './lab-record.ts';
import { placement } from './placement.ts';
import { removeLab, removeOrphans } from './remove-lab.ts';
import { quote, sh } from './shell.ts';
import { skipWithoutLab } from './skip-without-lab.ts';
import { COMPOSE_FOLDER, startingFiles } from './starting-state.ts';
import { tracesOf } from './traces.ts';
import { underLock } from './under-lock.ts';

/** What the manager's compose files lack for the services of the second host. */
const ADDED = `version: "3.7"
services:
  policy1: &added
    image: dabook.test/da/policy-service:6.0.5.60259
    hostname: policy1
    networks: [da-net]
    environment: { NODE: "{{.Node.Hostname}}", POLICIES: policy policy1 }
    deploy: { endpoint_mode: dnsrr, placement: { constraints: [node.labels.da-policy-service1 == true] } }
  access-point:
    <<: *added
    image: dabook.test/da/access-point:6.0.5.60259
    hostname: access-point
    ports: [{ target: 8080, published: 443, protocol: tcp, mode: host }]
    deploy: { endpoint_mode: dnsrr, placement: { constraints: [node.labels.da-access-point == true] } }
`;

const skip = await skipWithoutLab();
const newName = () => `test-${randomBytes(4).toString('hex')}`;
const firewall = async () => (await sh`iptables-save`).stdout.replace(/^#.*|\[\d+:\d+\]/gm, '');

t.test('quote makes one word for any POSIX shell', async (t) => {
  for (const text of ['', 'plain', "it's", '$HOME `id` "x" \\', 'two\nlines', '*', '~', 'ä€']) {
    t.equal((await sh`printf %s ${text}`).stdout, text);
  }
  t.throws(() => quote('a\0b'), TypeError);
});

t.test(
  'each service of the high availability set-up is on one host, access points apart from the others',
  async (t) => {
    for (const hosts of [1, 2, 3, 5, 8]) {
      const names = placement(hosts).flat();
      t.equal(new Set(names).size, names.length);
      t.equal(placement(hosts).length, hosts);
    }
    t.same(placement(3).slice(1), [['policy1', 'authentication1', 'distribution1'], ['access-point']]);
    t.same(placement(5)[4], ['access-point1']);
  },
);

t.test(
  'every host has the files of an installation of its own, in the hands of its own operators',
  async (t) => {
    const carried = placement(3);
    const keys = { internal: 'i', shared: 's' };
    const written = carried.map((_, index) =>
      startingFiles({ index, carried, keys, tag: '6.0.5.60259', uid: 1003 }),
    );
    const own = ['administration', 'policy', 'authentication', 'distribution'];
    for (const [index, names] of [[...own, 'postgres'], own, ['administration', 'access-point']].entries()) {
      for (const name of ['docker-compose.yml', 'network.yml', 'versiontag.yml']) {
        const file = written[index]?.find(({ path }) => path === `${COMPOSE_FOLDER}/${name}`);
        t.same(Object.keys(parse(file?.text ?? '').services), names, `${name} of host ${index + 1}`);
      }
    }
    const texts = written.map((files) => files.map(({ text = '' }) => text).join('\f'));
    t.match(texts[0], /image: .*\r\n/);
    t.match(texts[1], /\uFEFF<\?xml .*\r\n/);
    t.match(texts[2], /<\/configuration>\f/);

    for (const { path, text = '' } of written.flat()) {
      if (!path.endsWith('.xml')) continue;
      const { id, ids } = identityIn(text);
      t.equal(ids.filter((each) => each === id).length, 1, `${path} has one object of its own`);
      t.ok(
        ids.length >= 1 && text.split('"mHost"').length > 2,
        'and others with attributes of the same names',
      );
    }
  },
);

/** What a LocalConfiguration.xml says of whom it belongs to. */
function identityIn(text: string): { readonly id: string; readonly ids: readonly string[] } {
  const parser = sax.parser(true);
  let element = '';
  let id = '';
  const ids: string[] = [];
  parser.onerror = (error) => {
    throw error;
  };
  parser.onopentag = ({ name, attributes }) => {
    element = name;
    if (attributes.name === 'mId') ids.push(String(attributes.value));
  };
  parser.ontext = (part) => {
    if (element === 'id') id += part.trim();
  };
  parser.write(text).close();
  return { id, ids };
}

t.test('two labs at once', { skip }, async (t) => {
  await installPackages((line) => t.comment(line));
  const rules = await firewall();
  // Started in the same moment, so that they meet wherever they could.
  const [lab, other] = await Promise.all([
    createLab({
      name: newName(),
      services: [
        ['administration', 'policy', 'postgres'],
        ['policy1', 'access-point'],
      ],
    }),
    createLab({ hosts: 1, name: newName(), version: '6.2', uid: 0 }),
  ]);
  const traces = tracesOf(lab.name);
  const otherTraces = tracesOf(other.name);
  t.teardown(() => Promise.all([lab.down(), other.down()]));

  await t.test('every host is a machine of its own, in the starting state', async (t) => {
    for (const [index, host] of lab.hosts.entries()) {
      const number = index + 1;
      t.equal((await lab.ssh(number, 'hostname')).stdout, `${host.name}\n`);
      t.match(
        (
          await lab.ssh(
            number,
            'sudo docker info -f "{{.Swarm.Nodes}} {{.Swarm.Managers}} {{.Swarm.NodeAddr}}"',
          )
        ).stdout,
        `1 1 ${host.address}`,
      );
      const images = await lab.ssh(number, 'sudo docker ps --format "{{.Image}}"').lines();
      t.ok(
        images.length === 3 &&
          images.every((image) => /^dabook\.test\/da\/[a-z-]+:6\.0\.5\.60259$/.test(image)),
        images.join(),
      );
      t.equal((await lab.ssh(number, 'ip route show default')).stdout, '', 'nothing leaves the machine');
      t.equal(
        (await lab.ssh(number, `busybox wget -qO- http://${host.address}:8443/`)).stdout,
        `administration on ${host.name}\n`,
      );
    }
    const stat = 'sudo sh -c "cd /opt/nexus/config/policy-service/keys && stat -c %n:%U:%u:%g:%a *"';
    t.equal(
      (await lab.ssh(2, stat)).stdout,
      'internal.key:UNKNOWN:1003:1003:600\nshared.key:UNKNOWN:1003:1003:600\n',
    );
    t.equal(
      (await lab.root(2, 'cat /opt/nexus/config/policy-service/keys/internal.key')).stdout,
      lab.hosts[1]?.keys.internal,
    );
    t.not(lab.hosts[0]?.keys.internal, lab.hosts[1]?.keys.internal);
    t.equal((await lab.root(2, 'ls /opt/nexus/config/access-point/keys')).stdout, 'shared.key\n');
    t.equal(
      (await lab.ssh(2, `busybox wget -qO- http://${lab.hosts[1]?.address}:443/`)).stdout,
      'access-point on ha2: policy on ha2\n',
    );
    const description = parse(await readFile(lab.inventoryFile, 'utf8')).all.vars;
    t.match(description, { version: '6.0.5.60259', services: { policy1: { node: 'ha2', ports: [9302] } } });
    t.match(await readFile(other.inventoryFile, 'utf8'), 'version: 6.2.0.60300');
    const stats =
      'stat -c %u /opt/nexus/config/policy-service/keys/internal.key; docker ps --format {{.Image}}';
    t.match((await other.root(1, stats)).stdout, /^0\n(dabook.test\/da\/[a-z-]+:6\.2\.0\.60300\n){5}$/);
  });

  await t.test('users log in with their own rights', async (t) => {
    t.match((await lab.ssh(1, 'docker ps').nothrow()).stderr, /permission denied/i);
    t.equal((await lab.ssh(1, 'sudo -n id -u')).stdout, '0\n');
    t.match((await lab.ssh(1, 'sudo -n -u admin sudo -n id').nothrow()).stderr, 'a password is required');
    t.equal((await lab.ssh(1, 'sudo -n -u admin sudo -S -p "" id -u', `${lab.password}\n`)).stdout, '0\n');
    const refused = await lab.ssh(1, 'sudo -n -u admin sudo -S -p "" id -u', 'wrong\n').nothrow();
    t.not(refused.exitCode, 0);
    t.equal((await sh`ssh -F ${lab.sshConfigFile} -l root ha1 id -u`).stdout, '0\n');
    const alone = [
      '-F',
      'none',
      '-i',
      '/dev/null',
      '-o',
      'BatchMode=yes',
      '-o',
      `UserKnownHostsFile=${lab.knownHostsFile}`,
    ];
    const stranger = sh({ nothrow: true })`ssh ${alone} deploy@${lab.hosts[0]?.address ?? ''} true`;
    t.match((await stranger).stderr, 'Permission denied');
  });

  await t.test('two hosts become one swarm, and containers reach each other by name', async (t) => {
    // The first try may find the network in use by tasks that are only just going away.
    await until(async () => (await lab.ssh(1, 'sudo docker stack rm da').nothrow()).exitCode === 0);
    await lab.ssh(2, 'sudo docker swarm leave --force');
    const token = (await lab.ssh(1, 'sudo docker swarm join-token -q worker')).stdout.trim();
    await lab.ssh(2, `sudo docker swarm join --token ${token} ${lab.hosts[0]?.address}:2377`);
    const node = (await lab.ssh(2, 'sudo docker info -f "{{.Swarm.NodeID}}"')).stdout.trim();
    await lab.ssh(
      1,
      `sudo docker node update --label-add da-policy-service1=true --label-add da-access-point=true ${node}`,
    );
    await until(async () => (await lab.ssh(1, 'sudo docker network ls -q -f name=da_da-net')).stdout === '');
    await lab.root(1, 'cat > /tmp/added.yml', ADDED);
    const files = '-c docker-compose.yml -c network.yml -c versiontag.yml -c /tmp/added.yml';
    await lab.ssh(
      1,
      `cd /opt/nexus/docker-compose && sudo docker stack deploy --resolve-image never ${files} da`,
    );
    const placed =
      'sudo docker stack ps da --filter desired-state=running --format "{{.Name}} {{.Node}} {{.CurrentState}}"';
    await until(async () => /^da_policy1\.1 ha2 Running/m.test((await lab.ssh(1, placed)).stdout));
    const ask = 'docker exec $(docker ps -q -f name=da_policy.1) wget -qO- http://policy1:8080/';
    await until(async () => (await lab.root(1, ask).nothrow()).exitCode === 0);
    t.equal((await lab.root(1, ask)).stdout, 'policy1 on ha2\n');

    // What the access point says is what a policy service said to it in that moment.
    const page = () => lab.ssh(1, `busybox wget -qO- http://${lab.hosts[1]?.address}:443/`).nothrow().text();
    await until(async () => (await page()) !== '');
    t.equal(await page(), 'access-point on ha2: policy on ha1\n');
    await lab.root(1, 'docker service scale -d da_policy=0');
    await until(async () => (await page()) === 'access-point on ha2: policy1 on ha2\n');
  });

  await t.test('a host that is cut off can be healed', async (t) => {
    await lab.cut(2);
    const reach = () =>
      sh({ nothrow: true })`ssh -F ${lab.sshConfigFile} -o ConnectTimeout=2 -o BatchMode=yes ha2 hostname`;
    t.equal((await reach()).exitCode, 255);
    t.equal((await lab.root(2, 'hostname')).stdout, 'ha2\n', 'it runs on');
    t.equal((await lab.ssh(1, 'hostname')).stdout, 'ha1\n', 'the others are not touched');
    await lab.heal(2);
    t.equal((await reach()).stdout, 'ha2\n');
  });

  await t.test('reset brings the starting state back', async (t) => {
    await lab.root(1, 'rm -r /opt/nexus && echo changed > /etc/motd');
    await lab.reset();
    for (const number of [1, 2]) {
      t.match(
        (await lab.ssh(number, 'sudo docker info -f "{{.Swarm.Nodes}} {{.Swarm.ControlAvailable}}"')).stdout,
        '1 true',
      );
      t.equal((await lab.ssh(number, 'sudo docker ps -q').lines()).length, 3);
    }
    t.equal(
      (await lab.root(1, 'cat /opt/nexus/config/policy-service/keys/shared.key')).stdout,
      lab.hosts[0]?.keys.shared,
    );
    t.notMatch((await lab.root(1, 'cat /etc/motd')).stdout, 'changed');
  });

  await t.test('a database fault ends with a restart of the database, and not before', async (t) => {
    const page = async () =>
      (await other.root(1, `busybox wget -qO- http://${other.hosts[0]?.address}:8443/`).nothrow()).stdout;
    const restart = (service: string) => other.root(1, `docker service update -q -d --force ${service}`);
    t.equal(await page(), 'administration on ha1\n');
    await other.root(1, 'touch /opt/nexus/config/administration-service/database-fault');
    await restart('da_administration');
    const logs = 'docker logs $(docker ps -q -f name=da_administration) 2>&1 >/dev/null';
    await until(async () =>
      /^(FATAL: connection to database failed\n){2}/.test((await other.root(1, logs).nothrow()).stdout),
    );
    t.equal(await page(), '');
    await restart('da_postgres');
    await until(async () => (await page()) === 'administration on ha1\n');
  });

  await t.test('a lab in use is nobody else’s to make', async (t) => {
    await t.rejects(createLab({ name: lab.name }), /is up already/);
    t.same(openLab(lab.name)?.hosts, lab.hosts);
    t.equal(openLab(newName()), undefined);
    await t.rejects(createLab({ hosts: 0 }), /1 to 100 hosts/);
    await t.rejects(createLab({ name: '../x' }), /cannot name a lab/);
    await t.rejects(createLab({ services: [['administration'], ['polciy1']] }), /polciy1 is no service/);
    await t.rejects(createLab({ hosts: 3, services: [['administration']] }), /given for 1 of 3 hosts/);
    t.throws(() => lab.root(9, 'true'), /hosts are 1 to 2/);
  });

  await t.test('down leaves nothing, and the other lab alone', async (t) => {
    t.not((await traces()).length, 0, 'there is something to find');
    await lab.down();
    t.same(await traces(), []);
    t.equal(await firewall(), rules);
    t.equal((await other.ssh(1, 'hostname')).stdout, 'ha1\n');
    await lab.down();
    await other.down();
    t.same(await otherTraces(), []);
    t.throws(() => lab.root(1, 'true'), /is down/);
  });
});

t.test('a killed run', { skip }, async (t) => {
  const name = newName();
  t.teardown(() => underLock(name, () => removeLab(name)));
  const moments: [string, (record: LabRecord | undefined) => boolean][] = [
    ['its first process', (record) => record?.hub !== undefined],
    ['a host that has just begun', (record) => record?.hosts[0]?.process !== undefined],
  ];
  for (const [moment, reached] of moments) {
    await killedUp(name, reached);
    const traces = tracesOf(name);
    const lab = await createLab({ name, hosts: 1, keep: true });
    t.equal(
      (await lab.ssh(1, 'hostname')).stdout,
      'ha1\n',
      `up works after one that was killed with ${moment}`,
    );
    t.same(
      (await traces()).filter((trace) => trace.startsWith('process')),
      [],
    );
    await lab.down();
  }

  await killedUp(name, (record) => record?.ready === true);
  const traces = tracesOf(name);
  const record = readRecord(name);
  t.ok(openLab(name), 'a lab that is kept outlives who made it');
  await removeOrphans();
  t.ok(openLab(name), 'and is nobody’s orphan');
  if (record !== undefined) writeRecord({ ...record, owner: { pid: 4_194_305, started: 'long ago' } });
  await removeOrphans();
  t.same(await traces(), [], 'one whose owner has ended goes with the next lab');
});

/** Starts `up` in a process of its own and kills that process as soon as the lab has got to some point. */
async function killedUp(name: string, reached: (record: LabRecord | undefined) => boolean): Promise<void> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'jiti/register', main, 'up', '1'], {
    env: { PATH: process.env.PATH, DABOOK_LAB: name },
    stdio: 'ignore',
  });
  await until(async () => reached(readRecord(name)));
  child.kill('SIGKILL');
  await until(async () => child.signalCode !== null || child.exitCode !== null);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 20) {
    if (waited > 60_000) throw new Error(`still not so after a minute: ${holds}`);
    await sleep(20);
  }
}
