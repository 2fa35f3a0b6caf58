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
  const [two, id, node] = [cases[0], cases[3], cases[7]];
  const text = await told(node?.[1](id?.[1](two?.[1](sound) ?? '') ?? '') ?? '');
  t.match(text, /second administration service/);
  t.match(text, /the id 2 of policy/);
  t.match(text, /policy1 is on da9/);
  t.match(text, /\n3 faults in the input$/);
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
