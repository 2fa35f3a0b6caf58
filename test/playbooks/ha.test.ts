import t from 'tap';
import { secret } from '../../lib/secret.ts';
import type { Membership, Swarm, SwarmNode } from '../../lib/tasks/index.ts';
import { adminForm, internalOf } from '../../playbooks/digital-access/admin-form.ts';
import { type ComposeTexts, composeEdits } from '../../playbooks/digital-access/compose-edits.ts';
import { refuseIds } from '../../playbooks/digital-access/ids.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { refuseStranger } from '../../playbooks/digital-access/join-worker.ts';
import { labelsNotOf, labelsOf } from '../../playbooks/digital-access/labels.ts';
import { productOwner } from '../../playbooks/digital-access/owner.ts';
import { servicesOf } from '../../playbooks/digital-access/service.ts';
import { isAtLeast } from '../../playbooks/digital-access/version.ts';

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
  const holdings = { nodes: ['db1'], configs: ['motd'], secrets: ['tls-key'] };
  t.throws(() => refuseStranger(own, swarm, { holdings }), {
    code: 'refused',
    message:
      'the swarm of this host, which it would leave for good, holds node db1, config motd, secret tls-key',
    hint: /nothing was stopped; .*leave_force_ok: true for this host in the inventory/,
  });
  t.doesNotThrow(() => refuseStranger(own, swarm, { holdings, mayGo: true }), 'the inventory says so');
  t.doesNotThrow(() => refuseStranger(own, swarm, { holdings: { nodes: [], configs: [], secrets: [] } }));
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

/** The files of an installation as people write them. */
const texts: ComposeTexts = {
  'docker-compose.yml': `version: "3.7"
services:
  # decides
  policy:
    hostname: policy   # its own
    environment: {HOST: policy, ADMIN: administration}
    deploy:
      placement:
        constraints:
          - node.labels.da-policy-service == true

  postgres:
    hostname: postgres
`,
  'network.yml': `version: "3.7"
services:
  policy:
    networks: { da-net: { aliases: [policy, pdp] } }
    ports:
      - "9301:8080"   # to the access points
  postgres: {}
networks: { da-net: { driver: overlay } }
`,
  'versiontag.yml': `version: '3.7'
services:
  policy: {image: 'http://r.test:5000/da/policy-service:6.1.0'}
  postgres:
    image: r.test:5000/da/postgres:13
`,
};

t.test('blocks that the compose files lack are copied from the operator own ones', async (t) => {
  const services = servicesOf(
    installation({
      policy: { node: 'ha1' },
      postgres: { node: 'ha1' },
      policy1: { node: 'ha2', ports: [9302] },
    }),
  );
  const made = composeEdits({ services, tag: '6.2.0.60300', manager: texts, workers: {} });
  t.equal(
    made.texts['docker-compose.yml'],
    `${texts['docker-compose.yml']}
  policy1:
    hostname: policy1   # its own
    environment: {HOST: policy, ADMIN: administration}
    deploy:
      placement:
        constraints:
          - node.labels.da-policy-service1 == true
`,
    'the name where it is the host name, the label; and nothing else',
  );
  t.match(
    made.texts['network.yml'],
    /^ {2}policy1:\n {4}networks: \{ da-net: \{ aliases: \[policy1, pdp\] \} \}$/m,
  );
  t.match(made.texts['network.yml'], /^ {6}- "9302:8080" {3}# to the access points$/m);
  t.match(
    made.texts['versiontag.yml'],
    /^ {2}policy: \{image: 'r\.test:5000\/da\/policy-service:6\.1\.0'\}$/m,
  );
  t.match(made.texts['versiontag.yml'], /^ {2}policy1: .*r\.test:5000\/da\/policy-service:6\.2\.0\.60300/m);
  t.match(made.warnings, [
    'versiontag.yml: the image http://r.test:5000/da/policy-service:6.1.0 of policy is written without http://',
  ]);

  const again = composeEdits({ services, tag: '6.2.0.60300', manager: made.texts, workers: {} });
  t.same(again.texts, made.texts, 'what is there is left alone');
  t.same(again.warnings, []);
});

t.test('a kind that the manager does not have comes from the worker that brings it', async (t) => {
  const services = servicesOf(
    installation({
      policy: { node: 'ha1' },
      'access-point': { node: 'ha3' },
      distribution1: { node: 'ha2', image: 'r.test/da/distribution:1' },
    }),
  );
  const own: ComposeTexts = {
    'docker-compose.yml': `version: "3.7"
services:
    accesspoint:
        hostname: accesspoint
        deploy: {placement: {constraints: [node.labels.ap == true]}}
`,
    'network.yml': 'version: "3.7"\nservices:\n    accesspoint: {networks: [da-net]}\n',
    'versiontag.yml': 'version: "3.7"\nservices:\n    accesspoint: {image: da/access-point:5}\n',
  };
  const workers = { ha3: own };
  const input = { tag: '6.2.0.60300', manager: texts, workers };
  const made = composeEdits({ ...input, services: services.slice(0, 2) });
  t.match(made.texts['docker-compose.yml'], /^ {2}access-point:\n +hostname: access-point\n/m);
  t.match(made.texts['docker-compose.yml'], /constraints: \[node\.labels\.da-access-point == true\]/);
  t.match(made.texts['versiontag.yml'], /^ {2}access-point: \{image: da\/access-point:6\.2\.0\.60300\}$/m);

  t.throws(() => composeEdits({ ...input, services }), {
    code: 'refused',
    message:
      'the compose files of the manager cannot be completed:\n' +
      'docker-compose.yml has no block for distribution1, nor one of kind distribution to copy\n' +
      'network.yml has no block for distribution1, nor one of kind distribution to copy',
    hint: /write a block for it/,
  });
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
