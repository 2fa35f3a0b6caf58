import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { bind } from '../../lib/bind.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import failoverTest from '../../playbooks/ha-failover-test.ts';

const folder = await mkdtemp(join(tmpdir(), 'dabook-failover-'));
t.teardown(() => rm(folder, { recursive: true }));
await writeFile(
  join(folder, 'hosts.yml'),
  `all:
  vars:
    version: 6.2.0.60300
    services:
      administration: { node: da1 }
      policy: { node: da1, id: 2 }
      policy1: { node: da2, id: 6 }
  children:
    manager:
      hosts:
        da1: { ip: 192.0.2.11 }
    workers:
      hosts:
        da2: { ip: 192.0.2.12 }
        da3: { ip: 192.0.2.13 }
`,
);

async function drained(drain: string) {
  const importModule = () => Promise.reject(new Error('no module is read'));
  const { inventory } = await loadInventory(['hosts.yml'], { cwd: folder, importModule });
  return bind(failoverTest, inventory, { vars: { drain }, origin: () => undefined });
}

t.test('what is drained is a worker that carries a service', async (t) => {
  await t.resolves(drained('da2'));
  const hint = 'the workers that carry services are da2';
  const wrong: readonly [drain: string, message: string][] = [
    ['da3', 'drain is da3, which carries no service'],
    ['da1', 'drain is da1, which is no worker'],
    ['da4', 'drain is da4, which is no worker'],
  ];
  for (const [drain, message] of wrong) {
    await t.rejects(drained(drain), { code: 'inventory', faults: [{ message, hint }] }, drain);
  }
});
