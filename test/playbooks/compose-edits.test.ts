import t from 'tap';
import { editYaml, readYaml, type SwarmNode } from '../../lib/tasks/index.ts';
import { composeEdits } from '../../playbooks/digital-access/compose-edits.ts';
import { writingOrder } from '../../playbooks/digital-access/compose-tasks.ts';
import type { ComposeTexts } from '../../playbooks/digital-access/compose-texts.ts';
import { Installation } from '../../playbooks/digital-access/installation.ts';
import { nodesToBe } from '../../playbooks/digital-access/nodes-to-be.ts';
import { portEdits } from '../../playbooks/digital-access/port-edits.ts';
import { type Service, servicesOf } from '../../playbooks/digital-access/service.ts';

const installation = (services: Record<string, object>) =>
  Installation.parse({ version: '6.2.0.60300', services });

const completed = (
  services: readonly Service[],
  files: ComposeTexts,
  workers: Readonly<Record<string, ComposeTexts>> = {},
) => composeEdits({ services, tag: '6.2.0.60300', manager: { name: 'ha1', texts: files }, workers });

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
  const made = completed(services, texts);
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

  const again = completed(services, made.texts);
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
  const made = completed(services.slice(0, 2), texts, workers);
  t.match(made.texts['docker-compose.yml'], /^ {2}access-point:\n +hostname: access-point\n/m);
  t.match(made.texts['docker-compose.yml'], /constraints: \[node\.labels\.da-access-point == true\]/);
  t.match(made.texts['versiontag.yml'], /^ {2}access-point: \{image: da\/access-point:6\.2\.0\.60300\}$/m);

  t.throws(() => completed(services, texts, workers), {
    code: 'refused',
    message:
      'the compose files of the manager cannot be completed:\n' +
      'docker-compose.yml has no block for distribution1, nor one of kind distribution to copy',
    hint: /write a block for it/,
  });
});

/** Compose files in few words: of each service what the base, the network and the version file say. */
function filesOf(services: Readonly<Record<string, readonly (string | undefined)[]>>): ComposeTexts {
  const file = (index: number) => {
    const blocks = Object.entries(services).flatMap(([name, said]) =>
      said[index] === undefined ? [] : `  ${name}: ${said[index]}\n`,
    );
    return `version: "3.7"\nservices:\n${blocks.join('')}`;
  };
  return { 'docker-compose.yml': file(0), 'network.yml': file(1), 'versiontag.yml': file(2) };
}

const placedBy = (...labels: string[]) =>
  `{deploy: {placement: {constraints: [${labels.map((label) => `node.labels.${label} == true`).join(', ')}]}}}`;

t.test('services need not be in all three files', async (t) => {
  const files = filesOf({
    policy: [placedBy('da-policy-service'), '{networks: [da-net]}', '{image: da/policy:6.1}'],
    authentication: ['{image: da/authentication:6.1}', '{ports: ["9401:8080"]}'],
    postgres: ['{image: "postgres:14"}'],
  });
  const own = { policy: { node: 'ha1' }, authentication: { node: 'ha1' }, postgres: { node: 'ha1' } };
  t.same(completed(servicesOf(installation(own)), files).texts, files, 'a database in the base file alone');

  const added = { authentication1: { node: 'ha2' }, postgres1: { node: 'ha2' } };
  const made = completed(servicesOf(installation({ ...own, ...added })), files).texts;
  t.match(made['docker-compose.yml'], /^ {2}authentication1: \{image: da\/authentication:6\.2\.0\.60300\}$/m);
  t.match(
    made['docker-compose.yml'],
    /^ {2}postgres1: \{image: "postgres:14"\}$/m,
    'a database keeps its tag',
  );
  t.match(made['network.yml'], /^ {2}authentication1:/m);
  t.notMatch(made['network.yml'], /postgres1/);
  t.equal(made['versiontag.yml'], files['versiontag.yml'], 'a block goes where its template has one');
});

t.test('what the inventory says goes where the files say it, or where the product has it', async (t) => {
  const files = filesOf({
    policy: [placedBy('da-policy-service'), '{networks: [da-net]}', '{image: da/policy:6.1}'],
    postgres: ['{image: "postgres:14", ports: ["5432:5432"]}', undefined, undefined],
  });
  const services = servicesOf(
    installation({
      policy: { node: 'ha1', ports: [9301] },
      postgres: { node: 'ha1', image: 'postgres:15', ports: [5433] },
      policy1: { node: 'ha2', image: 'mine/policy:1' },
    }),
  );
  const { texts } = completed(services, files);
  t.same(readYaml(texts['docker-compose.yml'], ['services', 'postgres']), {
    image: 'postgres:15',
    ports: ['5433:5432'],
  });
  t.match(readYaml(texts['network.yml'], ['services', 'policy', 'ports']), [
    { target: 9301, published: 9301 },
  ]);
  t.equal(readYaml(texts['versiontag.yml'], ['services', 'policy1', 'image']), 'mine/policy:1');
  t.same(completed(services, texts).texts, texts, 'once');
});

t.test('what the operator has written for an added service is completed, not contradicted', async (t) => {
  const files = filesOf({
    policy: [
      placedBy('da-policy-service'),
      '{networks: [da-net], ports: ["9301:8080"]}',
      '{image: "da/policy:6"}',
    ],
    policy1: [placedBy('da-policy-service1')],
    policy2: [`{image: "da/policy:6", ports: ["9303:8080"]}`],
    'access-point': ['{image: "da/ap:6"}'],
  });
  const services = servicesOf(
    installation({
      policy: { node: 'ha1' },
      policy1: { node: 'ha2', ports: [9302] },
      policy2: { node: 'ha3' },
      'access-point': { node: 'ha3' },
    }),
  );
  const worker = filesOf({ 'access-point': ['{}', '{ports: ["443:443"]}', '{image: "da/ap:5"}'] });
  const { texts } = completed(services, files, { ha3: worker });
  t.equal(texts['docker-compose.yml'], files['docker-compose.yml']);
  t.match(texts['network.yml'], /^ {2}policy1: \{networks: \[da-net\], ports: \["9302:8080"\]\}$/m);
  t.match(texts['versiontag.yml'], /^ {2}policy1: .*da\/policy:6\.2\.0\.60300/m);
  t.notMatch(texts['network.yml'], /policy2|access-point/, 'its ports are said already');
  t.notMatch(texts['versiontag.yml'], /policy2|access-point/, 'its image is said already');
});

t.test('a copy has the label of its own, and every other constraint of its template', async (t) => {
  const copied = (labels: readonly string[], services: Record<string, object>) => {
    const files = filesOf({ policy: [placedBy(...labels)] });
    const { texts } = completed(servicesOf(installation(services)), files);
    const found = readYaml(texts['docker-compose.yml'], [
      'services',
      'policy1',
      'deploy',
      'placement',
      'constraints',
    ]);
    return (found as string[]).map((constraint) => /labels\.(\S+) ==/.exec(constraint)?.[1]);
  };
  const policy1 = { node: 'ha2' };
  t.same(copied(['zone', 'da-policy-service'], { policy: { node: 'ha1' }, policy1 }), [
    'zone',
    'da-policy-service1',
  ]);
  t.same(
    copied(['pdp', 'zone'], { policy: { node: 'ha1', label: 'pdp' }, policy1 }),
    ['da-policy-service1', 'zone'],
    'the label that the inventory gives the template',
  );
  t.same(
    copied(['zone', 'da-policy-service'], { policy1 }),
    ['zone', 'da-policy-service1'],
    'the product naming, of a template that the inventory leaves out',
  );
  t.same(copied(['pdp'], { policy1 }), ['da-policy-service1'], 'the only one');
  t.same(
    copied(['zone'], { policy: { node: 'ha1' }, policy1 }),
    ['zone'],
    'which is known not to be its own',
  );
  t.same(
    copied(['node'], { policy1: { ...policy1, label: '$&' } }),
    ['$&'],
    'labels that a replacement could stumble over',
  );
  t.throws(() => copied(['pdp', 'zone'], { policy1 }), {
    code: 'refused',
    message:
      'the compose files of the manager cannot be completed:\n' +
      'policy1 would be a copy of policy, which is placed by the labels pdp and zone: which of them is its own is not known',
    hint: /^write a block for it in docker-compose\.yml/,
  });

  const twoFiles = filesOf({
    policy: [placedBy('da-policy-service'), placedBy('zone')],
  });
  const { texts } = completed(servicesOf(installation({ policy: { node: 'ha1' }, policy1 })), twoFiles);
  t.match(
    texts['network.yml'],
    /policy1: .*node\.labels\.zone == true/,
    'of another file than its own label',
  );
});

t.test('a copy mounts the folder that the inventory gives it', async (t) => {
  const files = filesOf({
    policy: [
      '{volumes: ["/opt/nexus/config/policy-service:/config", {type: bind, source: /opt/nexus/config/policy-service/keys, target: /keys}, "data:/policy-service"]}',
    ],
  });
  const volumes = (policy1: object) =>
    readYaml(completed(servicesOf(installation({ policy1 })), files).texts['docker-compose.yml'], [
      'services',
      'policy1',
      'volumes',
    ]);
  t.same(volumes({ node: 'ha2', folder: 'pdp' }), [
    '/opt/nexus/config/pdp:/config',
    { type: 'bind', source: '/opt/nexus/config/pdp/keys', target: '/keys' },
    'data:/policy-service',
  ]);
  t.match(volumes({ node: 'ha2' }), ['/opt/nexus/config/policy-service:/config']);
});

t.test('images of copies', async (t) => {
  for (const [image, copy] of [
    ['r.test:5000/da/policy', 'r.test:5000/da/policy:6.2.0.60300'],
    ['da/policy:6.1@sha256:0123', 'da/policy:6.2.0.60300'],
    ['${REGISTRY}/da/policy:6.1', '${REGISTRY}/da/policy:6.1'],
    ['da/policy:${TAG:-6.1}', 'da/policy:${TAG:-6.1}'],
  ] as const) {
    const files = filesOf({ policy: [`{image: "${image}"}`] });
    const { texts } = completed(servicesOf(installation({ policy1: { node: 'ha2' } })), files);
    t.equal(readYaml(texts['docker-compose.yml'], ['services', 'policy1', 'image']), copy);
  }
});

t.test('whose block is copied: the manager, the worker that carries the service, another one', async (t) => {
  const from = (tag: string) => filesOf({ distribution: [`{labels: {from: ${tag}}}`] });
  const services = servicesOf(installation({ distribution1: { node: 'ha3' } }));
  const source = (manager: ComposeTexts, workers: Record<string, ComposeTexts>) =>
    readYaml(completed(services, manager, workers).texts['docker-compose.yml'], [
      'services',
      'distribution1',
      'labels',
      'from',
    ]);
  t.equal(source(from('ha1'), { ha2: from('ha2'), ha3: from('ha3') }), 'ha1');
  t.equal(source(filesOf({ policy: ['{}'] }), { ha2: from('ha2'), ha3: from('ha3') }), 'ha3');
  t.equal(source(filesOf({ policy: ['{}'] }), { ha2: from('ha2') }), 'ha2');
});

t.test('what cannot be read is told with its file', async (t) => {
  const services = servicesOf(installation({ distribution1: { node: 'ha3' } }));
  const sound = filesOf({ policy: ['{}'] });
  const broken = { ...sound, 'network.yml': 'services: {policy: [}\n' };
  t.throws(() => completed(services, broken), { code: 'refused', message: /^network\.yml:1:\d+: / });
  t.throws(() => completed(services, sound, { ha3: broken }), { message: /^network\.yml of ha3:1:\d+: / });
  const known = servicesOf(installation({ policy1: { node: 'ha3' } }));
  t.doesNotThrow(() => completed(known, sound, { ha3: broken }), 'files that nothing is copied from');
});

t.test('ports in every form', async (t) => {
  const edited = (list: string, ports: Parameters<typeof portEdits>[2]) => {
    const text = `ports: ${list}\n`;
    return editYaml(text, portEdits(readYaml(text, ['ports']), ['ports'], ports));
  };
  const cases: [list: string, ports: Parameters<typeof portEdits>[2], result: string | RegExp][] = [
    ['["9301:8080"]', [{ published: 9302 }], 'ports: ["9302:8080"]\n'],
    ['["9301:8080/udp"]', [{ published: 9302 }], 'ports: ["9302:8080/udp"]\n'],
    ['["9301:8080/udp"]', [{ published: 9302, protocol: 'tcp' }], 'ports: ["9302:8080/tcp"]\n'],
    ['[8080]', [{ published: 9302 }], /9302:8080/],
    ['["${PORT:-9301}:8080"]', [{ published: 9302 }], 'ports: ["9302:8080"]\n'],
    [
      '["9301:8080"]',
      [{ published: 9302, mode: 'host' }],
      /target: 8080, published: 9302, protocol: "?tcp"?, mode: "?host"?/,
    ],
    [
      '["127.0.0.1:9301:8080/udp"]',
      [{ published: 9302 }],
      /target: 8080, published: 9302, protocol: "?udp"?, mode: "?ingress"?/,
    ],
    [
      '["[::1]:9301:8080"]',
      [{ published: 9302 }],
      /target: 8080, published: 9302, protocol: "?tcp"?, mode: "?ingress"?/,
    ],
    ['["127.0.0.1:9301:8080"]', [{ published: 9301 }], 'ports: ["127.0.0.1:9301:8080"]\n'],
    [
      '["9301:8080", "53:53/udp"]',
      [{ published: 53 }, { published: 9302 }],
      'ports: ["9302:8080", "53:53/udp"]\n',
    ],
    [
      '["53:53/udp", "53:53"]',
      [{ published: 53 }, { published: 53, protocol: 'udp' }],
      'ports: ["53:53/udp", "53:53"]\n',
    ],
    [
      '[{target: 8080, published: "9301"}]',
      [{ published: 9301 }],
      'ports: [{target: 8080, published: "9301"}]\n',
    ],
    [
      '[{target: 8080, published: 9301, mode: host}]',
      [{ published: 9302 }],
      'ports: [{target: 8080, published: 9302, mode: host}]\n',
    ],
    ['["9301:8080"]', [{ published: 9302 }, { published: 9301 }], /9302.*9301:8080/s],
  ];
  for (const [list, ports, result] of cases) {
    const text = edited(list, ports);
    if (typeof result === 'string') t.equal(text, result);
    else t.match(text, result);
    const [, again = ''] = /^ports: ?(.*)$/s.exec(text) ?? [];
    t.equal(edited(again.trimEnd(), ports), `ports: ${again.trimEnd()}\n`, `once: ${text}`);
  }
  for (const entry of ['5000-5009:6000-6009', '5000-5009', '9301:${TARGET}']) {
    t.throws(() => edited(`["${entry}"]`, [{ published: 9302 }]), {
      code: 'refused',
      message: `ports.0 is ${entry}, which cannot be made to publish 9302: it is more than one port, or its target is no number`,
      hint: /^write each port by itself/,
    });
  }
  const files = filesOf({ policy: ['{}', '{ports: ["5000-5009:6000-6009"]}'] });
  t.throws(() => completed(servicesOf(installation({ policy: { node: 'ha1', ports: [9302] } })), files), {
    message: /^network\.yml: services\.policy\.ports\.0 is 5000-5009:6000-6009, /,
  });
});

t.test('the nodes that constraints are held against', async (t) => {
  const services = servicesOf(installation({ policy: { node: 'ha1' }, policy1: { node: 'ha2' } }));
  const hosts = ['ha1', 'ha2'].map((name, index) => ({ name, vars: { ip: `10.0.0.${index + 1}` } }));
  const node = (
    id: string,
    address: string,
    state: 'ready' | 'down',
    labels: Record<string, string>,
  ): SwarmNode => ({
    ...{ id, address, state, labels },
    ...{ hostname: id, role: 'worker', availability: 'active', version: 1 },
  });
  const labels = (nodes: readonly SwarmNode[]) =>
    nodesToBe(
      { manager: { name: 'ha1' }, services, hosts },
      { state: 'active', nodeId: 'a', nodes, managers: [] },
    ).map((each) => each.labels);
  const manager = node('a', '0.0.0.0', 'ready', { zone: 'east', 'da-policy-service1': 'true' });
  t.same(
    labels([manager, node('b', '10.0.0.2', 'ready', { zone: 'west', 'da-policy-service': 'true' })]),
    [
      { zone: 'east', 'da-policy-service': 'true' },
      { zone: 'west', 'da-policy-service1': 'true' },
    ],
    'labels of the operator own stay; those of the installation are as they will be',
  );
  t.same(
    labels([manager, node('b', '10.0.0.2', 'down', { zone: 'west' })])[1],
    { 'da-policy-service1': 'true' },
    'a node that joins again has no labels',
  );
});

t.test('what a run that was killed between two files has written is completed by the next', async (t) => {
  const services = servicesOf(
    installation({
      policy: { node: 'ha1' },
      policy1: { node: 'ha2', ports: [9302] },
      'access-point': { node: 'ha3' },
    }),
  );
  // The manager has no access point: its blocks come from the worker's files, each key in one of them.
  const workers = {
    ha3: {
      'docker-compose.yml': `services:
  access-point:
    hostname: access-point
    deploy: {placement: {constraints: [node.labels.da-access-point == true]}}
`,
      'network.yml': `services:
  access-point:
    networks: {da-net: {aliases: [access-point]}}
`,
      'versiontag.yml': `services:
  access-point: {image: r.test:5000/da/access-point:6.1.0}
`,
    },
  };
  const whole = completed(services, texts, workers).texts;
  t.match(whole['versiontag.yml'], /access-point:6\.2\.0\.60300/);
  for (let written = 0; written <= writingOrder.length; written++) {
    const done = writingOrder.slice(0, written);
    const begun = { ...texts, ...Object.fromEntries(done.map((file) => [file, whole[file]])) };
    t.same(completed(services, begun, workers).texts, whole, `killed after ${done.join(', ') || 'none'}`);
  }
});
