import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bind } from '../../lib/bind.ts';
import { DabookError } from '../../lib/errors.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { renderFaults } from '../../lib/inventory/render-faults.ts';
import ha from '../../playbooks/ha.ts';

const folder = await mkdtemp(join(tmpdir(), 'dabook-review-'));
t.teardown(() => rm(folder, { recursive: true }));

const sound = `all:
  vars:
    version: 6.2.0.60300
    services:
      administration: { node: da1 }
      policy: { node: da1, id: 2 }
      policy1: { node: da2, id: 6 }
      access-point: { node: da3 }
  children:
    manager:
      hosts:
        da1: { ip: 192.0.2.11 }
    workers:
      hosts:
        da2: { ip: 192.0.2.12 }
        da3: { ip: 192.0.2.13 }
`;

/** What an operator is told of an inventory: faults as they are printed, or the warnings of one that will do. */
async function told(text: string): Promise<string> {
  await writeFile(join(folder, 'hosts.yml'), text);
  const importModule = () => Promise.reject(new Error('no module is read'));
  const { inventory, faults } = await loadInventory(['hosts.yml'], { cwd: folder, importModule });
  t.same(faults, []);
  try {
    const { warnings } = await bind(ha, inventory, { vars: {}, origin: () => undefined });
    return warnings.join('\n');
  } catch (error) {
    if (!(error instanceof DabookError)) throw error;
    return renderFaults(error.faults);
  }
}

t.test('a sound description passes without a word', async (t) => {
  t.equal(await told(sound), '');
});

const cases: readonly [what: string, change: (text: string) => string, message: string][] = [
  [
    'a second service of a kind on the manager',
    (text) => text.replace('policy1: { node: da2', 'policy1: { folder: other, node: da1'),
    'policy1 is a second policy service on the manager, beside policy: services are added on workers',
  ],
  [
    'an answer that nobody asked for',
    (text) => text.replace('    services:', '    answers: { polcy1: 6 }\n    services:'),
    'hosts.yml:4:24: nobody asks for the answer polcy1',
  ],
  [
    'a stack of a name that cannot be',
    (text) => text.replace('    services:', '    stack: My Stack\n    services:'),
    'stack: must be letters, digits, "-", "_" and "."',
  ],
  [
    'two administration services',
    (text) => text.replace('      policy: ', '      administration2: { node: da2 }\n      policy: '),
    'hosts.yml:6:24: administration2 is a second administration service beside administration: an installation has exactly one',
  ],
  [
    'no administration service',
    (text) => text.replace('      administration: { node: da1 }\n', ''),
    'hosts.yml:5:7: no service is the administration service',
  ],
  [
    'the administration service on a worker',
    (text) => text.replace('administration: { node: da1 }', 'administration: { node: da2 }'),
    'hosts.yml:5:31: administration is on da2, and the manager is da1',
  ],
  [
    'an id used twice',
    (text) => text.replace('id: 6', 'id: 2'),
    'hosts.yml:7:33: policy1 has the id 2 of policy: an id belongs to one service of the whole installation',
  ],
  [
    'a label without a service',
    (text) =>
      text.replace(
        'da2: { ip: 192.0.2.12 }',
        'da2: { ip: 192.0.2.12, labels: [da-policy-service1, da-radius] }',
      ),
    'hosts.yml:15:61: da2 has the label da-radius, which no service has',
  ],
  [
    'a label of a service that is elsewhere',
    (text) => text.replace('da2: { ip: 192.0.2.12 }', 'da2: { ip: 192.0.2.12, labels: [da-access-point] }'),
    'hosts.yml:15:41: da2 has the label da-access-point of access-point, which is on da3',
  ],
  [
    'two services with one label',
    (text) => text.replace('node: da2, id: 6', 'node: da2, id: 6, label: da-policy-service'),
    'hosts.yml:7:43: policy1 has the label da-policy-service of policy: each would run where the other belongs',
  ],
  [
    'a service on a node that does not exist',
    (text) => text.replace('policy1: { node: da2', 'policy1: { node: da9'),
    'hosts.yml:7:24: policy1 is on da9, which is no host of the groups manager and workers',
  ],
  [
    'two services with one folder on a node',
    (text) => text.replace('policy1: { node: da2', 'policy1: { node: da1'),
    'policy1 has the folder policy-service of policy on da1',
  ],
  [
    'a version before high availability',
    (text) => text.replace('6.2.0.60300', '5.13.1'),
    'hosts.yml:3:14: version 5.13.1 has no high availability on Docker Swarm: it came with 6.0.2',
  ],
  [
    'a version that YAML takes for a number',
    (text) => text.replace('6.2.0.60300', '6.2'),
    'must be a text, in quotes where it looks like a number: "6.2"',
  ],
  [
    'a name that says no kind',
    (text) => text.replace('policy1:', 'polcy1:'),
    'the name polcy1 does not say what kind of service it is',
  ],
  [
    'an address of two hosts',
    (text) => text.replace('192.0.2.13', '192.0.2.12'),
    'da3 has the address 192.0.2.12 of da2',
  ],
  [
    'two managers',
    (text) =>
      text.replace(
        '        da1: { ip: 192.0.2.11 }',
        '        da1: { ip: 192.0.2.11 }\n        da4: { ip: 192.0.2.14 }',
      ),
    'da4 is a second host of the group manager, beside da1',
  ],
  [
    'a misspelt setting of a service',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy: { nod: da1, id: 2, lable: x }'),
    'hosts.yml:6:22: playbook "Digital Access: high availability": services.policy.nod: there is no such setting; did you mean node?',
  ],
  [
    'another one of the same service, and what it lacks',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy: { nod: da1, id: 2, lable: x }'),
    'services.policy.lable: there is no such setting; did you mean label?',
  ],
  [
    'a service without a node',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy: { id: 2 }'),
    'services.policy.node is missing: name the host that carries it, as in { node: da1 }',
  ],
  [
    'a node that is empty',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy: { node: }'),
    'services.policy.node: name the host that carries it, as in { node: da1 }; got null',
  ],
  [
    'a service that is just its node',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy: da1'),
    'services.policy: must be written as in { node: da1 }, with the host that carries it; got "da1"',
  ],
  [
    'a service of which nothing is said',
    (text) => text.replace('policy: { node: da1, id: 2 }', 'policy:'),
    'services.policy: must be written as in { node: da1 }, with the host that carries it; got null',
  ],
  [
    'a setting that nothing is like',
    (text) => text.replace('    services:', '    key_files: { private: "*int*" }\n    services:'),
    'hosts.yml:4:27: playbook "Digital Access: high availability": key_files.private: there is no such setting; the settings are internal, shared',
  ],
  [
    'a misspelt setting of the local configurations',
    (text) => text.replace('    services:', '    local_configuration: { core-id: a/b }\n    services:'),
    'local_configuration.core-id: there is no such setting; did you mean core_id?',
  ],
  [
    'a misspelt setting of a port',
    (text) => text.replace('id: 6', 'ports: [{ published: 9302, targte: 8080 }]'),
    'services.policy1.ports[0]: must be a port number, or written as in { published: 9302, target: 8080, protocol: tcp, mode: host }; got',
  ],
  [
    'a port that is none',
    (text) => text.replace('id: 6', 'ports: ["9302:8080"]'),
    'services.policy1.ports[0]: must be a port number, or written as in { published: 9302,',
  ],
  [
    'a fault of the database that is no regular expression',
    (text) => text.replace('    services:', '    database_fault: "(refused"\n    services:'),
    'hosts.yml:4:21: playbook "Digital Access: high availability": database_fault: is no regular expression: Invalid regular expression: /(refused/',
  ],
  [
    'a listener outside of its ports',
    (text) =>
      text.replace(
        'access-point: { node: da3 }',
        'access-point: { node: da3, ports: [443], listeners: [443, 8443] }',
      ),
    'hosts.yml:8:65: access-point has the listener 8443, and does not publish that port',
  ],
  [
    'a port of two services on a node',
    (text) =>
      text
        .replace('id: 2', 'id: 2, ports: [9301]')
        .replace(
          'access-point: { node: da3 }',
          'distribution: { node: da1, ports: [9501, { published: 9301, target: 8080 }] }',
        ),
    'hosts.yml:8:48: distribution publishes 9301/tcp, as policy does on da1 (hosts.yml:6:43)',
  ],
  [
    'a port twice in a service',
    (text) => text.replace('id: 2', 'id: 2, ports: [9301, 9301]'),
    'hosts.yml:6:49: policy publishes 9301/tcp twice (hosts.yml:6:43)',
  ],
  [
    'a port of the mesh that another node has too',
    (text) =>
      text
        .replace('id: 2', 'id: 2, ports: [9301]')
        .replace('id: 6', 'id: 6, ports: [{ published: 9301, mode: ingress }]'),
    'policy1 publishes 9301/tcp, as policy does; in mode ingress that is on every node',
  ],
  [
    'a name that no service can have',
    (text) => text.replace('policy1:', 'Policy.1:'),
    'hosts.yml:7:17: Policy.1 cannot be the name of a service',
  ],
  [
    'a name that is too long',
    (text) => text.replace('policy1: {', `p${'o'.repeat(60)}: { kind: policy,`),
    `of the service p${'o'.repeat(60)} in its stack has 64 letters, and a swarm takes 63`,
  ],
];

t.test('contradictions are told with their place, before anything is connected to', async (t) => {
  for (const [what, change, message] of cases) {
    const changed = change(sound);
    t.not(changed, sound, `${what}: the case changes something`);
    const text = await told(changed);
    t.ok(text.includes(message) && /\d+ faults? in the input/.test(text), `${what}: ${text}`);
  }
});

t.test('all of them at once', async (t) => {
  const some = ['two administration services', 'an id used twice', 'a service on a node that does not exist'];
  const changes = cases.filter(([what]) => some.includes(what));
  const text = await told(changes.reduce((changed, [, change]) => change(changed), sound));
  t.match(text, /second administration service/);
  t.match(text, /the id 2 of policy/);
  t.match(text, /policy1 is on da9/);
  t.match(text, /\n3 faults in the input$/);
});

t.test('services that are none: one fault', async (t) => {
  const right = 'in { administration: { node: da1 }, policy1: { node: da2 } }';
  const [before = '', rest = ''] = sound.split('    services:\n');
  const after = rest.slice(rest.indexOf('  children:'));
  for (const [services, message] of [
    ['', 'services is missing: must name every service and its host, as '],
    ['    services:\n', 'services: must name every service and its host, as '],
    ['    services: [policy]\n', 'services: must name every service and its host, as '],
    ['    services: {}\n', 'services names no service'],
  ] as const) {
    const text = await told(`${before}${services}${after}`);
    t.ok(text.includes(message) && text.includes(right) && text.endsWith('\n1 fault in the input'), text);
  }
});

t.test('ports that differ in node or protocol are no clash', async (t) => {
  const text = sound
    .replace('id: 2', 'id: 2, ports: [9301]')
    .replace('id: 6', 'id: 6, ports: [9301, { published: 9301, protocol: udp }], listeners: [9301]');
  t.equal(await told(text), '');
});

t.test('what is unwise is a warning, with its place', async (t) => {
  t.match(
    await told(sound.replace('access-point: { node: da3 }', 'access-point: { node: da2 }')),
    /^hosts\.yml:\d+:\d+: da3 carries no service$/m,
  );
  t.match(
    await told(sound.replace('access-point: { node: da3 }', 'access-point: { node: da2 }')),
    /^hosts\.yml:8:21: access-point shares da2 with policy1: an access point, which stands in front, is best alone on its node$/m,
  );
  t.match(
    await told(sound.replace('      policy: ', '      postgres: { node: da1 }\n      policy: ')),
    /^hosts\.yml:6:17: postgres is a database within the installation: when its node is lost, .* the product asks for an external one$/m,
  );
});
