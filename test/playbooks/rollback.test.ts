import t from 'tap';
import type { Fact, Host, Play } from '../../lib/index.ts';
import type { Membership, Swarm, SwarmNode } from '../../lib/tasks/index.ts';
import type { BackupNotes } from '../../playbooks/digital-access/backup-notes.ts';
import { checkNetwork } from '../../playbooks/digital-access/check-network.ts';
import { formerNodes } from '../../playbooks/digital-access/former-nodes.ts';
import { Installation, type Node } from '../../playbooks/digital-access/installation.ts';
import { keptSwarm } from '../../playbooks/digital-access/kept-swarm.ts';
import { nodesLeftBy } from '../../playbooks/digital-access/nodes-left-by.ts';
import { siteOf } from '../../playbooks/digital-access/site.ts';
import { managerStanding, standingOf } from '../../playbooks/digital-access/standing.ts';
import { canarySecret } from '../canary/canary.ts';

const node = (id: string, more: Partial<SwarmNode> = {}): SwarmNode => ({
  id,
  hostname: id,
  address: '10.0.0.9',
  role: 'worker',
  state: 'ready',
  availability: 'active',
  labels: {},
  version: 1,
  ...more,
});

const managing = (clusterId: string, nodes: readonly SwarmNode[]): Swarm => {
  const nodeId = nodes[0]?.id ?? '';
  const tokens = { worker: canarySecret('worker join token'), manager: canarySecret('manager join token') };
  const managers = [{ nodeId, address: '10.0.0.1:2377' }];
  return {
    state: 'active',
    role: 'manager',
    address: '10.0.0.1:2377',
    nodeId,
    clusterId,
    tokens,
    nodes,
    managers,
  };
};

const swarm = managing('ours', [
  node('m', { role: 'manager', address: '10.0.0.1' }),
  node('w2', { hostname: 'ha2', address: '10.0.0.2' }),
]);
const inactive: Membership = { state: 'inactive', managers: [] };

/** A host that answers facts by the first word of their keys, and says what of some tasks is due. */
function host(name: string, answers: Readonly<Record<string, unknown>>, due: readonly string[] = []) {
  const asked: string[] = [];
  const fake = {
    name,
    vars: { ip: `10.0.0.${name.slice(2)}`, leave_force_ok: false },
    groups: [],
    become: true,
    read: async ({ key }: Fact<unknown>) => {
      const [word = ''] = JSON.parse(key) as string[];
      asked.push(word);
      return answers[word];
    },
    due: async (tasks: readonly { readonly name: string; readonly title: string }[]) =>
      tasks.some((task) => due.some((word) => `${task.name} ${task.title}`.includes(word))),
    run: async () => ({ state: swarm }),
    as: () => fake,
  };
  return { host: fake as unknown as Host<Node>, asked };
}

const play = (async (
  _title: string,
  hosts: Host | readonly Host[],
  work: (host: Host) => Promise<unknown>,
) => (Array.isArray(hosts) ? Promise.all(hosts.map(work)) : work(hosts as Host))) as unknown as Play;

const notes: BackupNotes = {
  stack: 'da',
  compose_dir: '/c',
  role: 'manager',
  alone: true,
  deployed: ['administration', 'policy'],
  labels: { 'da-policy-service': 'true' },
  before_rollback: false,
};
const backup = { path: '/backups/ha.tar.gz', notes };
const deploy = { name: 'da', dir: '/c', files: ['docker-compose.yml'] };

t.test('how far a worker is on its way back', async (t) => {
  const own = managing('own', [node('me', { role: 'manager' })]);
  const standing = async (
    membership: Membership,
    { services = ['da_administration', 'da_policy'], others = [] as string[], due = [] as string[] } = {},
  ) => {
    const answers = { 'swarm membership': membership, 'swarm holdings': { nodes: others } };
    const { host: worker } = host('ha2', { ...answers, stack: { services } }, due);
    return (await standingOf(worker, swarm, backup, deploy)).standing;
  };
  const following = { managers: [{ nodeId: 'm', address: '10.0.0.1:2377' }] };
  const elsewhere = { managers: [{ nodeId: 'other', address: '10.0.0.8:2377' }] };
  t.equal(await standing({ state: 'active', role: 'worker', nodeId: 'w2', ...following }), 'member');
  t.equal(
    await standing({ state: 'active', role: 'worker', nodeId: 'gone', ...following }),
    'member',
    'removed from the list, and still waiting for that manager',
  );
  t.equal(await standing(inactive), 'begun', 'it had left');
  t.equal(await standing(own, { services: [], due: ['restore'] }), 'begun', 'it had a swarm of its own');
  t.equal(await standing(own), 'back');
  t.equal(await standing(own, { services: ['da_policy'], due: ['stackDeploy'] }), 'begun', 'half deployed');
  t.equal(
    await standing(own, { services: ['da_policy'], due: ['stackDeploy', 'restore /backups'] }),
    'begun',
    'half deployed, and what runs writes into its own files',
  );
  t.equal(await standing(own, { due: ['restore'] }), 'changed', 'files were edited since');
  t.equal(await standing(own, { due: ['stackDeploy'] }), 'changed', 'services were changed since');
  t.equal(
    await standing(own, { services: ['da_policy'], due: ['restore', 'stackDeploy'] }),
    'changed',
    'a service was taken out of the compose files since',
  );
  t.equal(await standing(own, { others: ['db1'] }), 'elsewhere');
  t.equal(await standing({ state: 'active', role: 'worker', nodeId: 'x', ...elsewhere }), 'elsewhere');
  t.equal(await standing({ state: 'locked', managers: [] }), 'elsewhere');
});

t.test('how far the manager is, when no worker is left', async (t) => {
  const installation = Installation.parse({
    version: '6.0.5',
    services: {
      administration: { node: 'ha1' },
      policy: { node: 'ha2' },
      policy1: { node: 'ha2' },
    },
  });
  const standing = (services: readonly string[], labels: object, due: readonly string[] = []) => {
    const { host: manager } = host('ha1', { 'swarm node': { labels }, stack: { services } }, due);
    const site = siteOf({ manager: [manager], workers: [host('ha2', {}).host] }, installation);
    return managerStanding(site, swarm, backup);
  };
  const before = ['da_administration', 'da_policy'];
  const { labels } = notes;
  t.equal(
    await standing([...before, 'da_policy1'], labels, ['restore']),
    'member',
    'workers went one by one',
  );
  t.equal(await standing(before, {}, ['labelNode']), 'member', 'a label that went to a worker is not back');
  t.equal(await standing([], labels, ['restore']), 'begun');
  t.equal(await standing(before, labels), 'back');
  t.equal(await standing([...before, 'da_new'], labels, ['restore']), 'changed');
});

t.test('nodes that are left behind', async (t) => {
  const more = [
    node('down', { hostname: 'ha3', address: '', state: 'down' }),
    node('leaving', { hostname: 'da3.example.com', address: '10.0.0.3' }),
    node('foreign', { hostname: 'ha3', address: '10.0.0.7' }),
  ];
  const all = { ...swarm, nodes: [...swarm.nodes, ...more] };
  const seen = [
    {
      host: host('ha2', {}).host,
      membership: { state: 'active', role: 'worker', nodeId: 'w2', managers: [] },
    },
    { host: host('ha3', {}).host, membership: inactive },
  ] as const;
  t.same(nodesLeftBy(seen, all), ['w2', 'down', 'leaving'], 'not one that is ready elsewhere');
  t.same(
    formerNodes([...swarm.nodes, node('old', { hostname: 'ha2', state: 'down' })], {
      nodeId: 'w2',
      address: '10.0.0.2',
    }).map(({ id }) => id),
    ['old'],
  );
});

t.test('a manager in no swarm is given none', async (t) => {
  const { host: manager } = host('ha1', {});
  t.throws(() => keptSwarm(manager, inactive, { stack: 'da' }), {
    code: 'refused',
    message: 'its own installation does not run: ha1, the manager, is in no swarm',
    hint: /docker swarm init --advertise-addr 10\.0\.0\.1, .*docker stack deploy/,
  });
  t.equal(keptSwarm(manager, swarm, { stack: 'da' }), swarm);
});

t.test('within --limit nothing listens anywhere else', async (t) => {
  const clock = { ahead: { least: -1, most: 1 } };
  const [one, two, three] = ['ha1', 'ha2', 'ha3'].map((name) =>
    host(name, { clock, listeners: { pids: [] } }),
  );
  if (one === undefined || two === undefined || three === undefined) return;
  const site = { manager: one.host, installation: Installation.parse({ version: '6.0.5', services: {} }) };
  await checkNetwork(site, [three.host], play, (message) => t.fail(message));
  t.notOk([...one.asked, ...two.asked, ...three.asked].includes('listeners'));
  t.ok(one.asked.includes('clock') && three.asked.includes('clock'));
  t.same(two.asked, [], 'a host that is not looked at is not even asked for the time');
});
