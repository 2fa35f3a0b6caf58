import t from 'tap';
import type { Membership, Swarm, SwarmNode } from '../../lib/tasks/index.ts';
import { adminForm, internalOf } from '../../playbooks/digital-access/admin-form.ts';
import { refuseIds } from '../../playbooks/digital-access/ids.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { refuseStranger } from '../../playbooks/digital-access/join-worker.ts';
import { labelsNotOf, labelsOf } from '../../playbooks/digital-access/labels.ts';
import { productOwner } from '../../playbooks/digital-access/owner.ts';
import { servicesOf } from '../../playbooks/digital-access/service.ts';
import { isAtLeast } from '../../playbooks/digital-access/version.ts';
import { canarySecret } from '../canary/canary.ts';

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
  const tokens = { worker: canarySecret('worker join token'), manager: canarySecret('manager join token') };
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
  ];
  for (const [membership, message, hint] of refused) {
    t.throws(() => refuseStranger(membership, swarm), { code: 'refused', message, hint }, String(message));
  }

  const own = managing('own', [node('ha2')]);
  const holdings = { nodes: ['db1'], services: ['shop_web'], configs: ['motd'], secrets: ['tls-key'] };
  t.throws(() => refuseStranger(own, swarm, { holdings }), {
    code: 'refused',
    message:
      'the swarm of this host, which it would leave for good, holds node db1, service shop_web, config motd, secret tls-key',
    hint: /nothing was stopped; .*leave_force_ok: true for this host in the inventory/,
  });
  t.doesNotThrow(() => refuseStranger(own, swarm, { holdings, mayGo: true }), 'the inventory says so');
  t.doesNotThrow(() =>
    refuseStranger(own, swarm, { holdings: { nodes: [], services: [], configs: [], secrets: [] } }),
  );
});

const installation = (services: Record<string, object>, more: object = {}) =>
  Installation.parse({ version: '6.2.0.60300', services, ...more });

t.test('services by name, and what follows from it', async (t) => {
  const services = servicesOf(
    installation({
      policy1: { node: 'ha2' },
      'access-point': { node: 'ha3' },
      postgres: { node: 'ha1' },
      front: { node: 'ha3', kind: 'access-point', label: 'front', folder: 'front' },
    }),
  );
  t.match(services, [
    { name: 'policy1', kind: 'policy', label: 'da-policy-service1', folder: 'policy-service' },
    { name: 'access-point', kind: 'access-point', label: 'da-access-point', folder: 'access-point' },
    { name: 'postgres', kind: 'database', label: 'da-postgres', folder: 'postgres' },
    { name: 'front', kind: 'access-point', label: 'front', folder: 'front' },
  ]);
  const own = services.slice(0, 1);
  t.same(labelsOf(own), { 'da-policy-service1': 'true' });
  t.same(labelsNotOf(own, [...services, ...services]), ['da-access-point', 'da-postgres', 'front']);
});

t.test('versions', async (t) => {
  for (const [version, least, is] of [
    ['6.0.2', '6.0.2', true],
    ['6.0.5.60259', '6.0.2', true],
    ['6.10', '6.2', true],
    ['6.1.9', '6.2', false],
    ['5.13.1', '6.0.2', false],
  ] as const) {
    t.equal(isAtLeast(version, least), is, `${version} is ${is ? '' : 'not '}${least} or later`);
  }
  t.same(productOwner(installation({})), { uid: 1003, gid: 1003 });
  t.equal(productOwner(installation({}, { version: '6.1.0' })), undefined, 'as it is, before 6.2');
  t.same(productOwner(installation({}, { version: '6.1.0', owner: { uid: 5, gid: 6 } })), { uid: 5, gid: 6 });
});

t.test('the checklist has the values to enter', async (t) => {
  const services = servicesOf(
    installation({
      administration: { node: 'ha1' },
      distribution: { node: 'ha1' },
      policy1: { node: 'ha2', id: 6 },
      'access-point': { node: 'ha3', internal_port: 4443 },
      'access-point1': { node: 'ha2' },
      postgres1: { node: 'ha2' },
    }),
  );
  const addresses = { ha1: '10.0.0.1', ha2: '10.0.0.2', ha3: '10.0.0.3' };
  const config = {
    services: {
      administration: { ports: [{ target: 443, published: 9443 }] },
      distribution: { ports: [{ target: 8080, published: 9501 }] },
      policy1: { ports: [{ target: 8080, published: 9302 }] },
    },
  };
  const { checklist, questions } = adminForm({ services, manager: 'ha1', addresses, config });
  t.same(checklist, [
    { title: 'Log in', lines: ['open https://10.0.0.1:9443 and log in as administrator'] },
    {
      title: 'Register each added service, unless it is there, and note the id that it gets',
      lines: [
        'Manage System > Policy Services: add policy1 (on ha2), internal host policy1, internal port 8080',
        'Manage System > Access Points: add access-point (on ha3), internal host 10.0.0.3, internal port 4443',
        'Manage System > Access Points: add access-point1 (on ha2), internal host 10.0.0.2, internal port as in network.yml',
      ],
    },
    {
      title: 'Manage System > Distribution Services',
      lines: [
        'distribution: check "Listen on all interfaces" for every port to be exposed (9501)',
        'distribution: check "Distribute key files automatically"',
      ],
    },
    {
      title: 'Manage System > Access Points',
      lines: [
        'access-point: replace the service name by 10.0.0.3, the address of ha3',
        'access-point: enable "Listen on all interfaces"',
        'access-point1: replace the service name by 10.0.0.2, the address of ha2',
        'access-point1: enable "Listen on all interfaces"',
        'for access points that mirror one another: add a load balancing listener',
      ],
    },
    { title: 'Publish', lines: ['publish, so that every service gets the new configuration'] },
  ]);
  t.same(
    questions.map(({ name, kind, answer }) => [name, kind, answer]),
    [
      ['policy1', 'integer', 6],
      ['access-point', 'integer', undefined],
      ['access-point1', 'integer', undefined],
      ['done', 'confirm', undefined],
    ],
    'a database is not registered',
  );
  const [, , policy] = services;
  if (policy !== undefined) t.same(internalOf(policy, addresses, config), { host: 'policy1', port: 8080 });

  t.equal(refuseIds(services, { 'access-point': 6 }), '6 is the id of policy1 and of access-point');
  t.equal(refuseIds(services, { 'access-point': 7, 'access-point1': 8, done: true }), undefined);
});
