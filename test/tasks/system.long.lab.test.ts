import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Hosts } from '../../lib/playbook.ts';
import {
  clocksAgree,
  findNode,
  imagesReady,
  nodeAvailability,
  nodes,
  type PortToTry,
  portAnswers,
  portsOpen,
  swarmHoldings,
} from '../../lib/tasks/index.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { onHosts } from './rig.ts';

const skip = await skipWithoutLab();

type Two = readonly [Hosts<object>[number], Hosts<object>[number]];

/** Held by the engine, by the kernel (which takes the traffic of overlay networks itself), and by nobody. */
const ports: readonly PortToTry[] = [
  { port: 2377, protocol: 'tcp', purpose: 'joining', at: ['ha1'] },
  { port: 7946, protocol: 'tcp' },
  { port: 7946, protocol: 'udp' },
  { port: 4789, protocol: 'udp', purpose: 'traffic between services' },
  { port: 5555, protocol: 'tcp' },
  { port: 5555, protocol: 'udp' },
];

t.test('what a set-up needs of its hosts, on real ones', { skip }, async (t) => {
  const lab = await createLab({ hosts: 2 });
  t.teardown(() => lab.down());
  const { connect } = createSshTransport({ home: lab.dir, user: 'deploy', configFile: lab.sshConfigFile });
  const targets = lab.hosts.map(({ name }) => ({ name, connection: 'ssh' as const, address: name }));
  const on = <R>(work: (hosts: Two) => Promise<R>, options: { check?: boolean } = {}) =>
    onHosts({ targets, become: true, connect }, (hosts) => work(hosts as unknown as Two), options);
  const addresses = lab.hosts.map(({ address }) => address);

  const tryPorts = (which = ports, at: readonly string[] = addresses) =>
    on((hosts) =>
      portsOpen({
        from: hosts,
        to: hosts.map((host, index) => ({ host, address: at[index] ?? '' })),
        ports: which,
        timeout: 3,
      }),
    );
  /** With rules of the firewall in force; what does not pass, a line each. */
  const blockedBy = async (rules: readonly (readonly [host: number, rule: string])[]) => {
    for (const [host, rule] of rules) await lab.root(host, `iptables -I ${rule}`);
    try {
      const { error, result } = await tryPorts();
      if (error !== undefined && error.code !== 'refused') throw error;
      return {
        lines:
          error?.message
            .split('\n')
            .slice(1)
            .map((line) => line.trim())
            .sort() ?? [],
        error,
        result,
      };
    } finally {
      for (const [host, rule] of rules) await lab.root(host, `iptables -D ${rule}`);
    }
  };
  const [one, two] = [`ha1 (${addresses[0]})`, `ha2 (${addresses[1]})`];
  /** Processes of ours, and what nobody else would have put into the folders for what is temporary. */
  const left = async () => {
    const both = [1, 2].map((host) =>
      lab
        .root(
          host,
          "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'dabook-[0-9a-f]*-' ; ls -A /tmp /var/tmp",
        )
        .nothrow()
        .text(),
    );
    return (await Promise.all(both)).join('');
  };
  const before = await left();

  await t.test('all ports pass, whoever listens on them', async (t) => {
    const { result, error, performed } = await tryPorts();
    t.equal(error, undefined);
    t.same(
      result?.map(({ result }) => result),
      Array(11).fill('open'),
    );
    t.same(performed, []);
    t.equal(await left(), before, 'nothing stays on the hosts');
  });

  await t.test('dropped, on the way in and on the way out', async (t) => {
    const { lines, error } = await blockedBy([
      [1, 'INPUT -p udp --dport 4789 -j DROP'],
      [1, 'INPUT -p udp --dport 7946 -j DROP'],
      [1, 'INPUT -p tcp --dport 7946 -j DROP'],
      [1, 'INPUT -p udp --dport 5555 -j DROP'],
      [1, 'OUTPUT -p udp --dport 5555 -j DROP'],
      [1, 'INPUT -p tcp --dport 5555 -j DROP'],
    ]);
    t.same(lines, [
      `4789/udp (traffic between services) from ha2 to ${one}: nothing arrived`,
      `5555/tcp from ha2 to ${one}: no answer within 3 s`,
      `5555/udp from ha1 to ${two}: ha1 could not send: operation not permitted`,
      `5555/udp from ha2 to ${one}: nothing arrived`,
      `7946/tcp from ha2 to ${one}: no answer within 3 s`,
      `7946/udp from ha2 to ${one}: nothing arrived`,
    ]);
    t.match(error?.hint, /on ha1 .* from ha2; on ha2 5555\/udp from ha1$/);
    t.equal(await left(), before);
  });

  await t.test('rejected', async (t) => {
    const { lines } = await blockedBy([
      [1, 'INPUT -p udp --dport 4789 -j REJECT'],
      [1, 'INPUT -p udp --dport 7946 -j REJECT'],
      [1, 'INPUT -p udp --dport 5555 -j REJECT'],
      [1, 'INPUT -p tcp --dport 2377 -j REJECT --reject-with icmp-host-prohibited'],
      [1, 'INPUT -p tcp --dport 5555 -j REJECT --reject-with tcp-reset'],
      [1, 'INPUT -p tcp --dport 7946 -j REJECT'],
    ]);
    t.same(lines, [
      `2377/tcp (joining) from ha2 to ${one}: no route to host`,
      `4789/udp (traffic between services) from ha2 to ${one}: nothing arrived`,
      `5555/tcp from ha2 to ${one}: rejected by a firewall`,
      `5555/udp from ha2 to ${one}: nothing arrived`,
      `7946/tcp from ha2 to ${one}: rejected by a firewall, or what listens there does so on another address`,
      `7946/udp from ha2 to ${one}: nothing arrived`,
    ]);
  });

  await t.test('IPv6', async (t) => {
    const own = ['fd00:da::11', 'fd00:da::12'];
    for (const [index, address] of own.entries()) {
      await lab.root(index + 1, `ip -6 addr add ${address}/64 dev eth0 nodad`);
    }
    const { result, error } = await tryPorts(ports, own);
    t.equal(error, undefined);
    t.same(
      result?.map(({ result }) => result),
      Array(11).fill('open'),
    );
    t.ok(
      result?.some(
        ({ text }) => text === '4789/udp (traffic between services) from ha2 to ha1 (fd00:da::11): open',
      ),
    );
  });

  await t.test('where nothing of the host can listen, and where too much arrives', async (t) => {
    const programs = '/usr/bin/python3 /usr/bin/perl /usr/bin/busybox';
    await lab.root(1, `chmod a-x $(readlink -f ${programs})`);
    try {
      const { result, error } = await tryPorts(ports.slice(4));
      t.equal(error, undefined);
      t.same(
        result?.filter(({ to }) => to === 'ha1').map(({ result, why }) => [result, why]),
        [
          [
            'reached',
            'refused: nobody listens, and ha1 has no program that could (python3, perl, socat or nc)',
          ],
          ['open', undefined],
        ],
      );
      const { lines } = await blockedBy([[1, 'INPUT -p udp --dport 5555 -j REJECT']]);
      t.same(lines, [`5555/udp from ha2 to ${one}: nothing arrived`]);
    } finally {
      await lab.root(1, `chmod a+x $(readlink -f ${programs})`);
    }

    /** What others send, so many datagrams at a time; until the work is done. */
    const during = async <R>(count: number, work: () => Promise<R>) => {
      // Little has to stay little on a busy machine, too, where a burst takes its time.
      const pause = count > 1 ? 0.005 : 0.04;
      const program = `import socket, time\ns = socket.socket(2, 2)\nend = time.time() + 30\nwhile time.time() < end:\n  for _ in range(${count}): s.sendto(b".", ("127.0.0.1", 9))\n  time.sleep(${pause})`;
      await lab.root(1, `python3 -c '${program}' >/dev/null 2>&1 </dev/null & echo $! >/run/flood; sleep 1`);
      return work().finally(() => lab.root(1, 'kill $(cat /run/flood); rm /run/flood'));
    };
    const udp = ports.filter(({ protocol }) => protocol === 'udp');
    const { result } = await during(100, () => tryPorts(udp));
    t.same(
      result?.filter(({ to }) => to === 'ha1').map(({ port, result, why }) => [port, result, why]),
      [
        [7946, 'unsure', 'could not be told: too much else arrives at ha1'],
        [4789, 'unsure', 'could not be told: too much else arrives at ha1'],
        [5555, 'open', undefined],
      ],
    );
    const dropped = await during(1, () => blockedBy([[1, 'INPUT -i eth0 -p udp -j DROP']]));
    t.same(dropped.lines, [
      `4789/udp (traffic between services) from ha2 to ${one}: nothing arrived`,
      `5555/udp from ha2 to ${one}: nothing arrived`,
      `7946/udp from ha2 to ${one}: nothing arrived`,
    ]);
  });

  await t.test('clocks, images and answering ports', async (t) => {
    const { result, error } = await on(async (hosts) => {
      const [manager] = hosts;
      const image = await lab.root(1, `docker images --format '{{.Repository}}:{{.Tag}}' | head -1`).text();
      const images = [image.trim(), 'registry.example.invalid/none:1', 'registry.example.invalid/none:2'];
      return {
        clocks: await clocksAgree(hosts, { seconds: 2 }),
        images: await manager.read(imagesReady({ images, pull: true })),
      };
    });
    t.equal(error, undefined);
    t.same(
      result?.clocks.map(({ host }) => host),
      ['ha1', 'ha2'],
    );
    const [present, ...missing] = Object.values(result?.images ?? {});
    t.equal(present, 'present');
    t.match(
      missing,
      Array(2).fill({ missing: /^its registry does not answer: .*registry\.example\.invalid/ }),
    );

    const port = (which: number, timeout: number) =>
      portAnswers({ address: addresses[1] ?? '', port: which, timeout });
    t.same((await on(([manager]) => manager.run(port(7946, 5)))).statuses, ['ok']);
    const closed = await on(([manager]) => manager.run(port(5555, 1)));
    t.match(closed.error, { code: 'not-converged', message: /5555\/tcp of .*: connection refused/ });
    const check = await on(([manager]) => manager.run(port(5555, 60)), { check: true });
    t.same(check.statuses, ['ok'], 'check mode does not wait');
    const waited = on(([manager]) => manager.run(port(5555, 60)));
    await sleep(1500);
    await lab.root(2, `busybox nc -l -p 5555 </dev/null >/dev/null 2>&1 &`);
    t.same((await waited).statuses, ['ok']);
  });

  await t.test('what a swarm holds, and which nodes take tasks', async (t) => {
    await lab.root(
      2,
      'echo x | docker config create lone-config - && echo x | docker secret create lone-secret -',
    );
    await lab.root(2, 'echo x | docker config create -l com.docker.stack.namespace=da da_config -');
    const holdings = await on(async ([, host]) => [
      await host.read(swarmHoldings('da')),
      await host.read(swarmHoldings()),
    ]);
    t.same(holdings.error, undefined);
    t.same(holdings.result, [
      { nodes: [], services: [], configs: ['lone-config'], secrets: ['lone-secret'] },
      {
        nodes: [],
        services: holdings.result?.[1]?.services,
        configs: ['da_config', 'lone-config'],
        secrets: ['lone-secret'],
      },
    ]);
    t.ok(holdings.result?.[1]?.services.every((name) => name.startsWith('da_')));
    t.ok((holdings.result?.[1]?.services.length ?? 0) > 0, 'those of the stack that was not named');
    const token = (await lab.root(1, 'docker swarm join-token -q worker').text()).trim();
    await lab.root(
      2,
      `docker swarm leave --force && docker swarm join --token ${token} ${addresses[0]}:2377`,
    );
    const joined = await on(async (hosts) => Promise.all(hosts.map((host) => host.read(swarmHoldings()))));
    t.same(
      joined.result?.map(({ nodes }) => nodes),
      [['ha2'], []],
    );

    const setTo = (availability: 'active' | 'drain', check = false) =>
      on(
        async ([manager]) => {
          const node = findNode(await manager.read(nodes), { hostname: 'ha2' })?.id ?? '';
          return manager.run(nodeAvailability({ node, availability, name: 'ha2' }));
        },
        { check },
      );
    const availability = async () =>
      (await lab.root(1, `docker node inspect ha2 -f '{{.Spec.Availability}}'`).text()).trim();
    const checked = await setTo('drain', true);
    t.same([checked.statuses, checked.error], [['would-change'], undefined]);
    t.equal(await availability(), 'active');
    await lab.root(1, 'docker node update --label-add kept=yes ha2');
    const drained = await setTo('drain');
    t.same(
      [drained.statuses, drained.changes],
      [['changed'], [{ path: 'availability', op: 'change', from: 'active', to: 'drain' }]],
    );
    t.equal(await availability(), 'drain');
    t.match(await lab.root(1, `docker node inspect ha2 -f '{{json .Spec}}'`).json(), {
      Labels: { kept: 'yes' },
      Role: 'worker',
    });
    t.same((await setTo('drain')).statuses, ['ok']);
    t.same((await setTo('active')).statuses, ['changed']);
  });
});
