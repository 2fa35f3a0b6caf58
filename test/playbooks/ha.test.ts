import t from 'tap';
import { secret } from '../../lib/secret.ts';
import type { Membership, Swarm, SwarmNode } from '../../lib/tasks/index.ts';
import { checkHosts } from '../../playbooks/digital-access/check-hosts.ts';
import { copyServiceKeys } from '../../playbooks/digital-access/copy-service-keys.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { refuseStranger } from '../../playbooks/digital-access/join-worker.ts';
import { labelsNotOf, labelsOf } from '../../playbooks/digital-access/labels.ts';
import { ServiceSchema } from '../../playbooks/digital-access/service.ts';

const node = (id: string, more: Partial<SwarmNode> = {}): SwarmNode => ({
  id,
  hostname: id,
  address: '10.0.0.9',
  role: 'manager',
  state: 'ready',
  availability: 'active',
  labels: {},
  version: 1,
  ...more,
});

/** A host that manages a swarm of these nodes; it is the first of them. */
const managing = (clusterId: string, nodes: readonly SwarmNode[]): Swarm => {
  const address = `${nodes[0]?.address}:2377`;
  const tokens = { worker: secret('worker join token', 'w'), manager: secret('manager join token', 'm') };
  const nodeId = nodes[0]?.id ?? '';
  const managers = [{ nodeId, address }];
  return { state: 'active', role: 'manager', nodeId, clusterId, address, tokens, nodes, managers };
};

const swarm = managing('ours', [
  node('ha1', { address: '10.0.0.1' }),
  node('member', { role: 'worker', address: '10.0.0.2' }),
]);

t.test('refuseStranger', async (t) => {
  const following = { managers: [{ nodeId: 'ha1', address: '10.0.0.1:2377' }] };
  const passing: [string, Membership][] = [
    ['in no swarm', { state: 'inactive', managers: [] }],
    ['a worker of this swarm', { state: 'active', role: 'worker', nodeId: 'member', ...following }],
    ['one that its managers have not heard of yet', { state: 'pending', nodeId: 'member', ...following }],
    ['the only node of its own swarm', managing('own', [node('ha2')])],
    [
      'the only node but for what it was before',
      managing('own', [
        node('ha2', { address: '10.0.0.2' }),
        node('same name', { hostname: 'ha2', state: 'down', address: '10.0.0.7' }),
        node('same address', { hostname: 'old', state: 'down', address: '10.0.0.2' }),
      ]),
    ],
  ];
  for (const [what, membership] of passing) t.doesNotThrow(() => refuseStranger(membership, swarm), what);

  const elsewhere = { managers: [{ nodeId: 'other', address: '10.0.0.8:2377' }] };
  const refused: [Membership, RegExp, RegExp][] = [
    [{ state: 'locked', managers: [] }, /locked manager/, /docker swarm unlock/],
    [
      { state: 'error', error: 'no route', managers: [] },
      /failed to start.*: no route/,
      /swarm leave --force/,
    ],
    [{ state: 'pending', nodeId: 'x', ...elsewhere }, /on its way into another swarm/, /swarm leave --force/],
    [
      { state: 'active', role: 'worker', nodeId: 'x', ...elsewhere },
      /worker of another swarm, whose managers are 10\.0\.0\.8:2377/,
      /docker swarm leave/,
    ],
    [
      { state: 'active', role: 'manager', nodeId: 'x', error: 'no leader', ...elsewhere },
      /no leader.*: no leader/,
      /bring more of its managers back/,
    ],
    [
      managing('own', [node('ha2'), node('alive', { address: '10.0.0.7' })]),
      /another swarm with 1 other node$/,
      /take its other nodes out/,
    ],
    [
      managing('own', [
        node('ha2'),
        node('away', { state: 'down', address: '10.0.0.7' }),
        node('alike', { hostname: 'ha2' }),
      ]),
      /with 2 other nodes/,
      /nothing was stopped/,
    ],
  ];
  for (const [membership, message, hint] of refused) {
    t.throws(() => refuseStranger(membership, swarm), { code: 'refused', message, hint }, String(message));
  }
});

t.test('checkHosts', async (t) => {
  const host = (name: string, ip: string) => ({ name, vars: { ip } });
  const [one, two, three] = [host('ha1', '10.0.0.1'), host('ha2', '10.0.0.2'), host('ha3', '10.0.0.3')];
  t.doesNotThrow(() => checkHosts([one], [two, three]));
  t.throws(() => checkHosts([one, two], [three]), { code: 'refused', message: /2 hosts: ha1, ha2/ });
  t.throws(() => checkHosts([one], [one, two]), { code: 'refused', message: /group workers: ha1$/ });
  for (const [managers, workers] of [
    [[one], [two, host('ha3', '10.0.0.2')]],
    [[host('ha2', '10.0.0.2')], [host('ha3', '10.0.0.2')]],
  ] as const) {
    const message = 'the address 10.0.0.2 is the ip of ha2 and ha3';
    t.throws(() => checkHosts(managers, workers), { code: 'refused', message, hint: /./ });
  }
});

t.test('services by name, and what follows from it', async (t) => {
  const services = ['policy1', 'access-point', 'postgres'].map((name) => ServiceSchema.parse(name));
  t.same(services, [
    { name: 'policy1', kind: 'policy', label: 'da-policy-service1', folder: 'policy-service' },
    { name: 'access-point', kind: 'access-point', label: 'da-access-point', folder: 'access-point' },
    { name: 'postgres', kind: 'postgres', label: 'da-postgres', folder: 'postgres' },
  ]);
  t.match(ServiceSchema.parse({ name: 'policy2', label: 'site-b' }), { kind: 'policy', label: 'site-b' });

  const own = services.slice(0, 1);
  t.same(labelsOf(own), { 'da-policy-service1': 'true' });
  t.same(labelsNotOf(own, [...services, ...services]), ['da-access-point', 'da-postgres']);

  const file = (name: string) => ({ name, path: `/keys/${name}`, sha256: 'f'.repeat(64) });
  const source = (name: string) => ({ host: 'ha1', become: true, files: [file(name)] });
  const keys = { internal: source('internal.key'), shared: source('shared.key') };
  t.same(
    copyServiceKeys(services, keys, Installation.parse({})).map(({ title }) => title),
    [
      'copy internal.key, shared.key from ha1 to /opt/nexus/config/policy-service/keys',
      'copy shared.key from ha1 to /opt/nexus/config/access-point/keys',
    ],
    'an access point has the shared one alone, a database none',
  );
});
