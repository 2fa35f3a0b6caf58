import t from 'tap';
import type { Event } from '../../lib/events.ts';
import { createLab } from '../lab/create-lab.ts';
import type { Lab } from '../lab/lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { cutShort } from './cut-short.ts';
import { eventsSince, now, placesOf, truthOf } from './engine-truth.ts';
import { answersFile, changesIn, type Inventory, inventoryWith, runPlaybook, warningsIn } from './ha-run.ts';

const skip = await skipWithoutLab();

/** What each host shall carry: an access point on either worker, beside a policy service. */
const services = [
  ['administration', 'policy', 'authentication', 'distribution', 'postgres'],
  ['policy1', 'access-point'],
  ['policy2', 'access-point1'],
];

t.test(
  'version 6.2 with two access points: what stands in the way, the run, and a lost host',
  { skip },
  async (t) => {
    const lab = await createLab({ services, version: '6.2' });
    t.teardown(() => lab.down());
    const run = (inventory: string, ...options: string[]) =>
      runPlaybook(lab, 'ha.ts', ['--json', ...options], { inventory });
    const answers = await answersFile(lab, ['policy1', 'access-point', 'policy2', 'access-point1']);
    const worker = (inventory: Inventory, name: string) => inventory.all.children.workers.hosts[name] ?? {};

    await t.test('what stands in the way is told before anything is stopped', async (t) => {
      // From its own installation this host has files of root, as versions before 6.2 leave them.
      await lab.root(3, 'chown -R 0:0 /opt/nexus/config');
      await lab.root(2, 'echo hello | docker config create site-banner -');
      const obstacles: readonly {
        readonly what: string;
        readonly put: () => Promise<unknown>;
        readonly take: () => Promise<unknown>;
        readonly change?: (inventory: Inventory) => void;
        readonly told: RegExp;
        readonly hint: RegExp;
      }[] = [
        {
          what: 'a config in the swarm that a worker would leave',
          put: async () => undefined,
          take: async () => undefined,
          told: /the swarm of this host, which it would leave for good, holds config site-banner/,
          hint: /leave_force_ok: true for this host/,
        },
        {
          what: 'somebody else with the product user number',
          put: () => lab.root(3, 'echo radius:x:1003:1003::/:/bin/sh >> /etc/passwd'),
          take: () => lab.root(3, "sed -i '/^radius:/d' /etc/passwd"),
          told: /the uid 1003 is radius on this host/,
          hint: /give that account another number/,
        },
        {
          what: 'a firewall before the manager',
          put: () => lab.root(1, `iptables -I INPUT -s ${lab.hosts[2]?.address} -p tcp --dport 2377 -j DROP`),
          take: () =>
            lab.root(1, `iptables -D INPUT -s ${lab.hosts[2]?.address} -p tcp --dport 2377 -j DROP`),
          change: (inventory) => {
            worker(inventory, 'ha2').leave_force_ok = true;
          },
          told: /2377\/tcp \(joining\) from ha3 to ha1 .*no answer/,
          hint: /firewall|open/,
        },
        {
          what: 'a firewall between workers',
          put: () =>
            lab.root(3, `iptables -I INPUT -s ${lab.hosts[1]?.address} -p udp --dport 7946 -j REJECT`),
          take: () =>
            lab.root(3, `iptables -D INPUT -s ${lab.hosts[1]?.address} -p udp --dport 7946 -j REJECT`),
          change: (inventory) => {
            worker(inventory, 'ha2').leave_force_ok = true;
          },
          told: /7946\/udp \(gossip between nodes\) from ha2 to ha3 .*nothing arrived/,
          hint: /firewall|open/,
        },
        {
          what: 'a clock that is wrong',
          put: () =>
            lab.root(
              2,
              `printf '#!/bin/sh\\nexec /bin/date -d "+1 minute" "$@"\\n' > /usr/local/sbin/date && chmod 755 /usr/local/sbin/date`,
            ),
          take: () => lab.root(2, 'rm /usr/local/sbin/date'),
          change: (inventory) => {
            worker(inventory, 'ha2').leave_force_ok = true;
          },
          told: /the clock of ha2 is (59|60)\.\d s ahead of that of ha[13]/,
          hint: /NTP/,
        },
        {
          what: 'an image that is nowhere',
          put: async () => undefined,
          take: async () => undefined,
          change: (inventory) => {
            worker(inventory, 'ha2').leave_force_ok = true;
            inventory.all.vars.tag = '6.2.0.99999';
          },
          told: /dabook\.test\/da\/policy-service:6\.2\.0\.99999: not on this host/,
          hint: /docker load/,
        },
      ];
      for (const { what, put, take, change, told, hint } of obstacles) {
        const inventory = await inventoryWith(lab, change ?? (() => undefined));
        await put();
        const before = await truthOf(lab);
        const since = await now(lab);
        const ran = await run(inventory, '-e', `@${answers}`);
        t.equal(ran.status, 1, `${what}: ${ran.stderr}`);
        const faults = ran.events.flatMap((event) =>
          (event.type === 'task.ended' || event.type === 'run.ended') && event.fault ? [event.fault] : [],
        );
        t.ok(
          faults.some((fault) => told.test(fault.message) && hint.test(fault.hint ?? '')),
          `${what}: ${JSON.stringify(faults)}`,
        );
        t.same(await eventsSince(lab, since), [], `${what}: the engines tell of nothing`);
        t.same(await truthOf(lab), before, `${what}: nothing was changed`);
        await take();
      }
    });

    const inventory = await inventoryWith(lab, (description) => {
      worker(description, 'ha2').leave_force_ok = true;
    });

    await t.test(
      'the run, with the answers at hand, mends a database fault and reports a stray key',
      async (t) => {
        await lab.root(1, 'touch /opt/nexus/config/administration-service/database-fault');
        await lab.root(
          3,
          'cp /opt/nexus/config/policy-service/keys/internal.key /opt/nexus/config/access-point/keys/',
        );
        const check = await run(inventory, '-e', `@${answers}`, '--check');
        t.equal(check.status, 0, check.stdout.slice(-3000));
        const ran = await run(inventory, '-e', `@${answers}`);
        t.equal(ran.status, 0, ran.stdout.slice(-3000) + ran.stderr);

        const [done, foreseen] = [changesIn(ran.events), changesIn(check.events)];
        const restart = done.filter((change) => change.includes('restart service da_postgres'));
        t.equal(restart.length, 1, 'the remedy, once');
        t.same(done.filter((change) => !restart.includes(change)).toSorted(), foreseen.toSorted());
        t.match(
          await lab.root(1, `wget -q -O - http://${lab.hosts[0]?.address}:8443/`).text(),
          /administration on ha1/,
        );
        t.match(
          warningsIn(ran.events).join('\n'),
          /an internal key lies on an access point: ha3: \/opt\/nexus\/config\/access-point\/keys\/internal\.key/,
        );
        t.match(warningsIn(ran.events).join('\n'), /access-point shares ha2 with policy1/);
        t.same(await placesOf(lab), placesWanted(lab));
        t.equal(
          await lab
            .root(
              3,
              'find /opt/nexus/config/policy-service /opt/nexus/config/access-point ! -user 1003 | wc -l',
            )
            .text(),
          '0\n',
          'from 6.2 on the files belong to the product user',
        );
      },
    );

    await t.test('again: zero writes; and the stray key goes when the inventory says so', async (t) => {
      await lab.root(1, 'rm /opt/nexus/config/administration-service/database-fault');
      const before = await truthOf(lab);
      const since = await now(lab);
      const again = await run(inventory);
      t.equal(again.status, 0, again.stdout.slice(-3000));
      t.same(changesIn(again.events), []);
      t.same(await eventsSince(lab, since), []);
      t.same(await truthOf(lab), before);

      const removing = await run(inventory, '-e', 'remove_internal_keys=true');
      t.same(changesBesideBackups(removing.events), [
        'ha3 fileAbsent remove /opt/nexus/config/access-point/keys/internal.key',
      ]);
      t.equal(await lab.root(3, 'ls /opt/nexus/config/access-point/keys').text(), 'shared.key\n');
    });

    await t.test('an administration service that ends for want of its database is mended too', async (t) => {
      const fault = '/opt/nexus/config/administration-service/database-fault-exit';
      await lab.root(1, `docker service rm da_administration && touch ${fault} && chown 1003:1003 ${fault}`);
      const ran = await run(inventory);
      t.equal(ran.status, 0, ran.stdout.slice(-3000) + ran.stderr);
      const changes = changesBesideBackups(ran.events);
      t.match(changes, [/^ha1 stackDeploy /, 'ha1 serviceRestart restart service da_postgres']);
      t.equal(changes.length, 2, 'the remedy, once');
      t.same(await placesOf(lab), placesWanted(lab));
      await lab.root(1, `rm ${fault}`);
    });

    await t.test('new keys: a run that is killed before the services are back is gone on with', async (t) => {
      await lab.root(1, 'echo another > /opt/nexus/config/administration-service/keys/shared.key');
      const containers = () => lab.root(1, 'docker ps -q | sort').text();
      const untouched = await containers();
      const told = await cutShort(lab, 'ha.ts', {
        inventory,
        signal: 'SIGKILL',
        when: ({ type, name, status }) =>
          type === 'task.ended' && name === 'copyKeys' && status === 'changed',
      });
      t.equal(told.status, 'SIGKILL');
      t.notMatch(Object.keys(await placesOf(lab)), ['policy1'], 'what gets new keys is out of the stack');
      t.equal(await containers(), untouched, 'and nothing else is');

      const ran = await run(inventory);
      t.equal(ran.status, 0, ran.stdout.slice(-3000) + ran.stderr);
      t.same(await placesOf(lab), placesWanted(lab));
      t.equal(await containers(), untouched);
      for (const folder of ['policy-service', 'access-point']) {
        t.equal(await lab.root(3, `cat /opt/nexus/config/${folder}/keys/shared.key`).text(), 'another\n');
      }
      t.same(changesIn((await run(inventory)).events), []);
    });

    await t.test('new modes of keys stop nothing', async (t) => {
      const containers = () => lab.root(2, 'docker ps -q | sort').text();
      const before = await containers();
      await lab.root(2, 'chmod 0640 /opt/nexus/config/access-point/keys/shared.key');
      const ran = await run(inventory);
      t.match(changesBesideBackups(ran.events), [/^ha2 copyKeys /]);
      t.equal(await containers(), before);
    });

    await t.test('a worker is cut off: requests to the surviving access point go on', async (t) => {
      const address = lab.hosts[2]?.address;
      const ask = () => lab.root(1, `timeout 5 wget -q -O - http://${address}:443/`).nothrow();
      const answered: string[] = [];
      for (let request = 0; request < 5; request++) answered.push((await ask()).stdout.trim());
      await lab.cut(2);
      try {
        for (let request = 0; request < 12; request++) answered.push((await ask()).stdout.trim());
      } finally {
        await lab.heal(2);
      }
      t.ok(
        answered.every((answer) => /^access-point1 on ha3: policy\d? on ha[123]$/.test(answer)),
        `every request was answered: ${answered.join(' | ')}`,
      );
    });

    await t.test('failover test of a worker with an access point', async (t) => {
      // Until the swarm has heard of the host that was cut off.
      await lab.root(
        1,
        'for i in $(seq 60); do [ "$(docker node ls --format {{.Status}} | sort -u)" = Ready ] && exit; sleep 1; done; exit 1',
      );
      const ran = await runPlaybook(lab, 'ha-failover-test.ts', ['-e', 'drain=ha2', '--json'], { inventory });
      t.equal(ran.status, 0, ran.stdout.slice(-3000));
      t.same(await placesOf(lab), placesWanted(lab));

      const availability = () => lab.root(1, "docker node inspect ha2 -f '{{.Spec.Availability}}'").text();
      const interrupted = await cutShort(lab, 'ha-failover-test.ts', {
        inventory,
        options: ['-e', 'drain=ha2'],
        signal: 'SIGINT',
        when: ({ type, title, status }) =>
          type === 'task.ended' && title === 'drain node ha2' && status === 'changed',
      });
      t.equal(interrupted.status, 130);
      t.match(interrupted.events.at(-1), { type: 'run.ended', outcome: 'interrupted' });
      t.ok(changesIn(interrupted.events).includes('ha1 nodeAvailability activate node ha2'));
      t.equal(await availability(), 'active\n', 'an interrupt leaves no node drained');

      await lab.root(1, 'docker node update --availability drain ha2');
      const again = await runPlaybook(lab, 'ha-failover-test.ts', ['-e', 'drain=ha2', '--json'], {
        inventory,
      });
      t.equal(again.status, 1);
      t.match(again.stdout, /ha2 takes no tasks already: its availability is drain/);
      t.equal(await availability(), 'drain\n', 'what others did is left as it is');
    });
  },
);

/** What was changed on the hosts. */
function changesBesideBackups(events: readonly Event[]): readonly string[] {
  return changesIn(events).filter((change) => !change.includes(' backup '));
}

function placesWanted(lab: Lab): Record<string, string> {
  return Object.fromEntries(
    lab.hosts.flatMap(({ name, services: carried }) => carried.map((service) => [service, name])),
  );
}
