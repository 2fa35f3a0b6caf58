import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parse, stringify } from 'yaml';
import type { Event } from '../../lib/events.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { checkTypes } from '../../lib/load/check-types.ts';
import { createImporter } from '../../lib/load/import-module.ts';
import { loadPlaybook } from '../../lib/load/load-playbook.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { run } from '../canary/run.ts';
import { eventsSince, now, untilQuiet } from '../e2e/engine-truth.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';

const skip = await skipWithoutLab();
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'dabook-web-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** The example's own inventory, with the lab's hosts and images in place of those that it makes up. */
async function inventoryOf(lab: Lab, vars: Readonly<Record<string, string>> = {}) {
  const { all } = parse(await readFile(join(root, 'inventory/web.yml'), 'utf8'));
  const images = { web_image: 'dabook.test/da/policy-service', database_image: 'dabook.test/da/postgres' };
  for (const [name, image] of Object.entries(images)) all.vars[name] = `${image}:6.0.5.60259`;
  const hosts = [all.children.manager.hosts, all.children.workers.hosts].flatMap<Record<string, string>>(
    Object.values,
  );
  for (const [index, host] of hosts.entries()) host.ansible_host = host.ip = lab.hosts[index]?.address ?? '';
  Object.assign(all.vars, {
    resolve_image: 'never',
    ...vars,
    ansible_ssh_private_key_file: lab.keyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${lab.knownHostsFile}`,
  });
  await writeFile(join(folder, 'web.yml'), stringify({ all }));
  const { inventory, faults } = await loadInventory(['web.yml'], {
    cwd: folder,
    importModule: await createImporter(undefined),
  });
  t.same(faults, []);
  return inventory;
}

t.test('the example compiles, and its inventory fits it', async (t) => {
  const file = join(root, 'playbooks/web.ts');
  t.same(await checkTypes(file, folder, root), []);
  t.ok((await readFile(file, 'utf8')).split('\n').length <= 90, 'read in a minute');
});

t.test('plain hosts become a swarm that runs the stack', { skip }, async (t) => {
  const lab = await createLab({ services: [[], [], []] });
  t.teardown(() => lab.down());
  // Nothing but Docker.
  await Promise.all(lab.hosts.map((_, index) => lab.root(index + 1, 'docker swarm leave --force')));

  const inventory = await inventoryOf(lab);
  const transport = createSshTransport({ home: lab.dir, user: lab.hosts[0]?.user ?? '' });
  const web = async (check: boolean, of = inventory, limit?: ReadonlySet<string>) => {
    const playbook = await loadPlaybook(
      join(root, 'playbooks/web.ts'),
      await createImporter(undefined),
      root,
    );
    const events: Event[] = [];
    const { outcome } = await run(playbook, of, {
      connect: (target) => transport.connect(target),
      onEvent: (event) => events.push(event),
      check,
      limit,
    });
    const ended = events.flatMap((event) => (event.type === 'task.ended' ? [event] : []));
    return {
      outcome,
      faults: ended.flatMap(({ fault }) => (fault ? [fault.message] : [])),
      changed: ended
        .filter(({ status }) => status === 'changed' || status === 'would-change')
        .map(({ host, title }) => `${host}: ${title}`)
        .sort(),
    };
  };

  await untilQuiet(lab);
  const before = await now(lab);
  const planned = await web(true);
  t.same(planned.faults, []);
  t.equal(planned.outcome, 'ok');
  t.same(await eventsSince(lab, before), [], 'check mode changes nothing');

  const done = await web(false);
  t.same(done.faults, []);
  t.equal(done.outcome, 'ok');
  t.equal(done.changed.length, 9);
  t.same(planned.changed, done.changed, 'check mode told all of it');

  const services =
    'docker service ps shop_web shop_database --filter desired-state=running --format "{{.Name}} {{.Node}}"';
  t.same((await lab.root(1, services).lines()).map((line) => line.replace(/\.\S+/, '')).sort(), [
    'shop_database ha1',
    'shop_web ha2',
    'shop_web ha3',
  ]);
  for (const host of lab.hosts.slice(1)) {
    t.equal((await lab.root(1, `busybox wget -qO- http://${host.address}/`)).stdout, `web on ${host.name}\n`);
  }

  const since = await now(lab);
  const again = await web(false);
  t.same(again, { outcome: 'ok', faults: [], changed: [] });
  t.same(await eventsSince(lab, since), [], 'and the second run writes nothing');

  for (const names of [['shop1', 'shop2'], ['shop3']]) {
    const some = await web(false, inventory, new Set(names));
    t.same(
      some,
      { outcome: 'ok', faults: [], changed: [] },
      `${names.join()}: the others are where they were`,
    );
  }

  const quoted = await inventoryOf(lab, { web_image: 'x:1" }\n  evil: { image: "x:1' });
  const odd = await web(true, quoted);
  t.equal(odd.outcome, 'failed');
  t.match(odd.faults, [/image x:1" .*evil.* of service web is not valid/s], 'quotes stay in their image');
});
