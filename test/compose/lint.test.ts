import t from 'tap';
import type { ComposeConfig } from '../../lib/compose/compose-config.ts';
import { lintCompose } from '../../lib/compose/lint-compose.ts';
import type { LintNode } from '../../lib/compose/lint-node.ts';
import { loadCompose } from '../../lib/compose/load-compose.ts';
import { strippedImage } from '../../lib/compose/stripped-image.ts';

const names = ['docker-compose.yml', 'network.yml', 'versiontag.yml'];

const file = (services: string, rest = '') => `version: "3.7"\nservices:\n${services}${rest}`;

/** The files as an operator has them; each case changes one thing. */
const base = file(`  policy:
    hostname: policy
    deploy:
      placement:
        constraints:
          - node.labels.da-policy == true
  policy1:
    hostname: policy1
    deploy: {placement: {constraints: ["node.labels.da-policy1==true"]}}
`);
const network = file(
  `  policy:
    networks: [da-net]
    ports:
      - {target: 8080, published: 9301, protocol: tcp, mode: host}
  policy1:
    networks: {da-net: null}
    ports: [{target: 8080, published: 9302, protocol: tcp, mode: host}]
`,
  'networks: {da-net: {driver: overlay}}\n',
);
const tags = file(`  policy:
    image: r.test/da/policy-service:6.0.5
  policy1:
    image: r.test/da/policy-service:6.0.5
`);

const nodes: readonly LintNode[] = [
  { name: 'ha1', labels: { 'da-policy': 'true' } },
  { name: 'ha2', labels: { 'da-policy1': 'true' } },
];

/** The findings as their user reads them. */
function lint(texts: readonly (string | undefined)[], swarm?: readonly LintNode[]): readonly string[] {
  const sources = texts.map((text, index) => ({ file: names[index] ?? '', text }));
  let config: ComposeConfig | undefined;
  try {
    config = loadCompose(sources, { dir: '/opt' });
  } catch {
    // What cannot be merged is looked at file by file.
  }
  return lintCompose({ sources, config, nodes: swarm }).map(
    ({ severity, place, message, hint }) => `${severity}: ${place ?? '-'}: ${message} | ${hint}`,
  );
}

t.test('files that are as they should be', async (t) => {
  t.strictSame(lint([base, network, tags], nodes), []);
  t.strictSame(lint([base, network, tags]), []);
  t.strictSame(lint(['services: {a: {image: x}}']), [], 'one file, without a version');
  t.strictSame(
    lint([file('  web: {image: "nginx:1"}\n  db: {image: "postgres:13"}\n')]),
    [],
    'images that have nothing to do with each other',
  );
  t.strictSame(lint([base, network, tags.replace('version: "3.7"', 'version: "3.7" # the same')], nodes), []);
});

const cases: Readonly<
  Record<
    string,
    { texts: readonly (string | undefined)[]; nodes?: readonly LintNode[]; found: readonly string[] }
  >
> = {
  'no image': {
    texts: [base, network, tags.replace(/ {2}policy1:\n.*\n/, '')],
    found: [
      "fault: network.yml:7:3: service policy1 has no image in docker-compose.yml, network.yml, versiontag.yml | add 'image:' to it",
    ],
  },
  'a service of a later file only': {
    texts: [base, network, tags.replace('policy1', 'polcy1')],
    found: [
      "fault: network.yml:7:3: service policy1 has no image in docker-compose.yml, network.yml, versiontag.yml | add 'image:' to it",
      'fault: versiontag.yml:5:3: service polcy1 is in none of the files before, which define policy, policy1: it would run on any node | correct its name, or define it in docker-compose.yml (or in a file of its own)',
    ],
  },
  'a network that nobody defines': {
    texts: [base, network.replace('networks: {da-net: {driver', 'networks: {other: {driver'), tags],
    found: [
      "fault: network.yml:4:16: the network da-net of services policy, policy1 is not defined | add it below 'networks:' of one of the compose files",
    ],
  },
  'a volume that nobody defines': {
    texts: [base.replace('hostname: policy1', 'volumes: ["data:/x"]'), network, tags],
    found: [
      "fault: versiontag.yml:5:3: services.policy1.volumes: the volume data is not defined | add it below 'volumes:' of one of the compose files",
    ],
  },
  'a scheme in an image': {
    texts: [base, network, tags.replace('r.test', 'http://r.test')],
    found: [
      'warning: versiontag.yml:4:5: image http://r.test/da/policy-service:6.0.5 of service policy is not valid: an image has no http:// before its name | write it as in r.test/da/policy-service:6.0.5',
    ],
  },
  'an image that is none': {
    texts: [base, network, tags.replace('policy-service', 'Policy-Service')],
    found: [
      'fault: versiontag.yml:4:5: image r.test/da/Policy-Service:6.0.5 of service policy is not valid: its name must be in lower case | write it as in r.test/da/policy-service:6.0.5',
    ],
  },
  'different tags of one product': {
    texts: [base.replace('  policy1:', '  auth: {image: "r.test/da/auth:6.0.4"}\n  policy1:'), network, tags],
    found: [
      'warning: docker-compose.yml:9:10: the images of r.test/da have different tags: 6.0.5 (policy, policy1), 6.0.4 (auth) | services of one product are to have one version: is this meant so?',
    ],
  },
  'one host port twice on a node': {
    texts: [base, network.replace('9302', '9301'), tags],
    nodes: [{ name: 'ha1', labels: { 'da-policy': 'true', 'da-policy1': 'true' } }],
    found: [
      'fault: network.yml:9:5: services policy and policy1 both publish port 9301/tcp on ha1 | give one of them another port',
    ],
  },
  'the same on two nodes': { texts: [base, network.replace('9302', '9301'), tags], nodes, found: [] },
  'the same where nobody knows the nodes': {
    texts: [base, network.replace('9302', '9301'), tags],
    found: [],
  },
  'more tasks than nodes': {
    texts: [base, network, tags.replace('  policy:', '  policy:\n    deploy: {replicas: 2}')],
    nodes,
    found: [
      'fault: network.yml:5:5: port 9301/tcp is published by 2 tasks of policy, and only ha1 may run them | a node has each of its ports once: give another port, or more nodes',
    ],
  },
  'one mesh port twice': {
    texts: [base, network.replaceAll('mode: host', 'mode: ingress').replace('9302', '9301'), tags],
    found: [
      'fault: network.yml:9:5: services policy and policy1 both publish port 9301/tcp in the same place | give one of them another port',
    ],
  },
  'a mesh port on a node too': {
    texts: [base, network.replace('mode: host', 'mode: ingress').replace('9302', '9301'), tags],
    nodes,
    found: [
      'fault: network.yml:9:5: services policy and policy1 both publish port 9301/tcp, policy on every node | give one of them another port',
    ],
  },
  'a mesh port of a service that is not in the mesh': {
    texts: [
      base.replace('    deploy:\n', '    deploy:\n      endpoint_mode: dnsrr\n'),
      network.replace('mode: host', 'mode: ingress'),
      tags,
    ],
    nodes,
    found: [
      "fault: network.yml:5:5: service policy publishes port 9301 through the routing mesh, and endpoint_mode: dnsrr keeps it out of that | publish it with 'mode: host', or leave endpoint_mode out",
    ],
  },
  'one port twice in a service': {
    texts: [
      base,
      network.replace('[{target', '[{target: 1, published: 9302, mode: host}, "9302:2", {target'),
      tags,
    ],
    found: [
      'fault: network.yml:9:5: service policy1 publishes port 9302/tcp twice | state it in one of the compose files',
    ],
  },
  'a label that no node has': {
    texts: [base, network, tags],
    nodes: [{ name: 'ha1', labels: { 'da-policy': 'true', 'da-policy1': 'yes' } }],
    found: [
      "fault: docker-compose.yml:11:40: no node can run service policy1: no node satisfies node.labels.da-policy1 == true: da-policy1 is 'yes' on ha1 | label a node so, or correct the constraint",
    ],
  },
  'no label at all': {
    texts: [base, network, tags],
    nodes: [{ name: 'ha1', labels: { 'da-policy1': 'true' } }],
    found: [
      'fault: docker-compose.yml:8:13: no node can run service policy: no node has the label da-policy (node.labels.da-policy == true) | label a node so, or correct the constraint',
    ],
  },
  'constraints that no one node meets together': {
    texts: [base.replace('true"]', 'true", "node.labels.da-policy == true"]'), network, tags],
    nodes,
    found: [
      'fault: docker-compose.yml:11:40: no node can run service policy1: no node satisfies all of node.labels.da-policy1 == true, node.labels.da-policy == true | label a node so, or correct the constraint',
    ],
  },
  'a constraint on what is not known of the nodes': {
    texts: [base.replace('node.labels.da-policy == true', 'node.hostname == ha9'), network, tags],
    nodes,
    found: [],
  },
  'and on what is': {
    texts: [base.replace('node.labels.da-policy == true', 'node.hostname == ha9'), network, tags],
    nodes: nodes.map((node) => ({ ...node, hostname: node.name })),
    found: [
      'fault: docker-compose.yml:8:13: no node can run service policy: no node satisfies node.hostname == ha9 | label a node so, or correct the constraint',
    ],
  },
  'versions that differ': {
    texts: [base, network.replace('3.7', '3.8'), tags],
    found: [
      "fault: network.yml:1:1: the compose files have different versions: docker-compose.yml has 3.7, network.yml has 3.8, versiontag.yml has 3.7 | write the same 'version:' into every file",
    ],
  },
  'a version and none': {
    texts: [base, network, tags.replace('version: "3.7"\n', '')],
    found: [
      "fault: versiontag.yml:1:1: the compose files have different versions: docker-compose.yml has 3.7, network.yml has 3.7, versiontag.yml has none, which counts as 3.13 | write the same 'version:' into every file",
    ],
  },
  'a version that stacks do not have': {
    texts: ['version: "2.4"\nservices: {a: {image: x}}'],
    found: ['fault: docker-compose.yml:1:1: version 2.4 is not one of stacks | use version 3.0 to 3.13'],
  },
  'constraints in two files': {
    texts: [
      base,
      network.replace(
        '  policy1:',
        '    deploy: {placement: {constraints: [node.role == worker]}}\n  policy1:',
      ),
      tags,
    ],
    nodes,
    found: [
      'warning: network.yml:7:26: service policy has constraints in docker-compose.yml and network.yml: they add up, and a node must meet all of them | keep the constraints of a service in one file',
    ],
  },
  'a key twice': {
    texts: [base, network, `${tags}  policy:\n    image: r.test/da/policy-service:6.0.5\n`],
    found: [
      'fault: versiontag.yml:7:3: the key policy stands here twice | correct the compose file; nothing was changed',
    ],
  },
  'misspelt and outdated properties': {
    texts: [base.replace('hostname: policy1', 'hostnme: x\n    mem_limit: 3m'), network, tags],
    found: [
      'fault: docker-compose.yml:10:5: services.policy1.hostnme is not allowed in a stack | is it misspelt, or in the wrong place?',
      'fault: docker-compose.yml:11:5: services.policy1.mem_limit is not allowed in a stack | use deploy.resources',
    ],
  },
  'a file that cannot be read, one that is no YAML, and an empty one': {
    texts: [undefined, 'services: [', ''],
    found: [
      'fault: network.yml:1:12: Flow sequence in block collection must be sufficiently indented and end with a ] | correct the compose file; nothing was changed',
      "fault: versiontag.yml:1:1: the file is empty | begin it with 'services:'",
      'fault: -: the compose file docker-compose.yml cannot be read | is it there, and in that folder?',
    ],
  },
};

t.test('each finding as its user reads it', async (t) => {
  for (const [name, { texts, nodes: swarm, found }] of Object.entries(cases))
    t.strictSame(lint(texts, swarm), found, name);
});

t.test('all at once, in order of place', async (t) => {
  const found = lint([
    base.replace('hostname: policy1', 'hostnme: policy1'),
    network.replace('3.7', '3.8'),
    tags.replace('r.test', 'https://r.test').replace('policy1', 'polcy1'),
  ]);
  t.match(
    found.map((each) => each.split(': ').slice(0, 2).join(' ')),
    [
      'fault docker-compose.yml:10:5',
      'fault network.yml:1:1',
      'fault network.yml:7:3',
      'warning versiontag.yml:4:5',
      'fault versiontag.yml:5:3',
    ],
  );
});

t.test('host ports, where tasks can make way for one another', async (t) => {
  const service = (name: string, labels: readonly string[], deploy = '') =>
    `  ${name}:\n    image: x\n    ports: [{target: 1, published: 80, mode: host}]\n    deploy: {placement: {constraints: [${labels.map((label) => `node.labels.${label} == 1`).join(', ')}]}${deploy}}\n`;
  const three = ['a', 'b', 'c'].map((name) => ({ name, labels: { [name]: '1', any: '1' } }));
  const clashes = (services: string) =>
    lint([file(services)], three).map((each) => each.replace(/ \|.*/, '').replace(/^.*?\d: /, ''));
  t.strictSame(clashes(service('x', ['any']) + service('q', ['a']) + service('z', ['b'])), []);
  t.strictSame(clashes(service('x', ['any'], ', replicas: 3')), []);
  t.strictSame(clashes(service('x', ['any'], ', replicas: 3') + service('q', ['b'])), [
    'port 80/tcp is published by 4 tasks of x, q, and only a, b, c may run them',
  ]);
  t.strictSame(clashes(service('x', ['any'], ', mode: global') + service('q', ['b'])), [
    'services x and q both publish port 80/tcp on b',
  ]);
  t.strictSame(clashes(service('x', ['b'], ', replicas: 0') + service('q', ['b'])), []);
  t.strictSame(
    clashes(service('x', ['b'], ', mode: replicated-job') + service('q', ['b'])),
    [],
    'a job ends',
  );
});

t.test('images without a scheme', async (t) => {
  t.equal(strippedImage('http://r.test:5000/a/b:1'), 'r.test:5000/a/b:1');
  t.equal(strippedImage(' HTTPS://r.test/a'), 'r.test/a');
  t.equal(strippedImage('r.test/a:1'), 'r.test/a:1');
});
