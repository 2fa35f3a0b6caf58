import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { equal } from '../../lib/equal.ts';
import { DabookError } from '../../lib/errors.ts';
import type { Ask, Fact } from '../../lib/fact.ts';
import type { Clock } from '../../lib/tasks/system/clock.ts';
import { heldPorts } from '../../lib/tasks/system/held-ports.ts';
import {
  accountsById,
  clock,
  clocksAgree,
  type FactReader,
  imagesReady,
  portAnswers,
  portsOpen,
} from '../../lib/tasks/system/index.ts';
import { burstSize, judgeBurst } from '../../lib/tasks/system/judge-burst.ts';
import { endOfListeners, listeners } from '../../lib/tasks/system/listeners.ts';
import { finding, refuseBlocked } from '../../lib/tasks/system/port-finding.ts';
import { parseAttempts, tcpAttempts } from '../../lib/tasks/system/tcp-attempts.ts';
import { udpBurst } from '../../lib/tasks/system/udp-burst.ts';
import { parseCounters, udpCounters } from '../../lib/tasks/system/udp-counters.ts';
import { askBy, askEngine } from './rig.ts';

/** The POSIX tools, without any that could make a connection. */
const basics = ['cat', 'date', 'getent', 'grep', 'kill', 'sed', 'sh', 'sleep', 'tail', 'tr'];
const isThere = (program: string) => {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
};
const shells = [['/bin/dash'], ['/bin/bash', '--norc', '--posix'], ['/usr/bin/busybox', 'sh']].filter(
  ([program = '']) => existsSync(program),
) as [string, ...string[]][];

/** Something that asks where only the basics and one more program are. */
function askWith(t: Test, shell: readonly [string, ...string[]], program?: string, as = program): Ask {
  const dir = t.testdir({ bin: {} });
  const found = program === undefined ? undefined : isThere(program);
  if (program !== undefined && found === undefined) throw new Error(`${program} is not installed`);
  for (const name of basics) {
    const path = isThere(name);
    if (path?.startsWith('/')) symlinkSync(path, `${dir}/bin/${name}`);
  }
  mkdirSync(`${dir}/bin`, { recursive: true });
  if (found !== undefined) symlinkSync(found, `${dir}/bin/${as}`);
  return askBy(shell, `${dir}/bin`);
}

const readerOf = (name: string, ask: Ask): FactReader => ({ name, read: (fact) => fact.read(ask) });

/** A TCP server on a port of its own. */
async function tcpServer(t: Test, host: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, host);
  t.teardown(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on: one that was just given back. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Every program with dash, and one with each of the other shells. */
const programs: readonly (readonly [string, string?])[] = [
  ['bash'],
  ['/usr/bin/python3', 'python3'],
  ['perl'],
  ['socat'],
  ['nc.openbsd', 'nc'],
  ['nc.traditional', 'nc'],
  ['ncat'],
  ['busybox'],
];

/** What was done for real, with one program at least. */
const tried = new Set<string>();

const unlessMissing = (program: string) => ({
  skip: isThere(program) === undefined ? `${program} is not installed` : false,
});

for (const shell of shells) {
  for (const [program, as] of shell === shells[0] ? programs : programs.slice(1, 2)) {
    t.test(`${shell[0]} with ${program}: TCP connections`, unlessMissing(program), async (t) => {
      const ask = askWith(t, shell, program, as);
      const [four, six, closed] = await Promise.all([
        tcpServer(t, '127.0.0.1'),
        tcpServer(t, '::1'),
        freePort(),
      ]);
      const places = [
        { address: '127.0.0.1', port: four },
        { address: '127.0.0.1', port: closed },
        { address: '::1', port: six },
        { address: '::1', port: closed },
      ];
      const answers = await tcpAttempts(places, 2).read(ask);
      // Debian's traditional one knows no IPv6.
      const kinds = answers.map(({ kind }) => kind);
      if (program === 'nc.traditional') t.same(kinds.slice(0, 2), ['open', 'refused']);
      else t.same(kinds, ['open', 'refused', 'open', 'refused'], JSON.stringify(answers));
      t.equal(answers[1]?.said.toLowerCase(), 'connection refused');
      tried.add('TCP connections');
    });

    t.test(`${shell[0]} with ${program}: datagrams`, unlessMissing(program), async (t) => {
      const ask = askWith(t, shell, program, as);
      for (const [type, address] of [
        ['udp4', '127.0.0.1'],
        ['udp6', '::1'],
      ] as const) {
        if (program === 'nc.traditional' && type === 'udp6') continue;
        const socket = dgram.createSocket(type).bind(0, address);
        t.teardown(() => socket.close());
        await once(socket, 'listening');
        let heard = 0;
        socket.on('message', () => heard++);
        const sent = await udpBurst({ address, port: socket.address().port, count: 5 }).read(ask);
        if (program === 'busybox' && sent.fault !== undefined) {
          t.match(sent.fault, /no program that sends/);
          continue;
        }
        t.same(sent, {});
        for (let tries = 0; tries < 100 && heard < 5; tries++) await sleep(20);
        t.equal(heard, 5, address);
        tried.add('datagrams');
      }
    });
  }

  for (const [program, as] of shell === shells[0] ? programs.slice(1) : programs.slice(1, 2)) {
    t.test(`${shell[0]} with ${program}: listeners`, unlessMissing(program), async (t) => {
      const ask = askWith(t, shell, program, as);
      const [held, free] = await Promise.all([tcpServer(t, '0.0.0.0'), freePort()]);
      const sockets = [
        { protocol: 'tcp', family: 4, port: held },
        { protocol: 'tcp', family: 4, port: free },
        { protocol: 'udp', family: 4, port: free },
      ] as const;
      const { on, pids } = await listeners(sockets, 30, 'dabook-test-mark').read(ask);
      const takesUdp = /python|perl/.test(program);
      t.same(on, {
        [`tcp/4/${held}`]: 'held',
        [`tcp/4/${free}`]: 'ours',
        [`udp/4/${free}`]: takesUdp ? 'ours' : 'nobody',
      });
      t.ok(pids.length > 0);

      for (let connection = 0; connection < 3; connection++) {
        const socket = connect(free, '127.0.0.1');
        const event = await new Promise((done) => {
          for (const name of ['connect', 'error']) socket.once(name, () => done(name));
        });
        socket.destroy();
        // One that takes a connection at a time needs a moment between two.
        if (takesUdp || connection === 0) t.equal(event, 'connect');
      }
      if (takesUdp) {
        const before = await udpCounters([free]).read(ask);
        await udpBurst({ address: '127.0.0.1', port: free, count: 3 }).read(
          askBy(['/bin/sh'], process.env.PATH ?? ''),
        );
        const after = await udpCounters([free]).read(ask);
        t.ok((after.queued[free] ?? 0) > (before.queued[free] ?? 0), 'what arrives waits on the port');
      }

      await endOfListeners(pids, 'another-mark').read(ask);
      t.ok(pids.some(isAlive), 'a process without the mark is not ended');
      await endOfListeners(pids, 'dabook-test-mark').read(ask);
      await gone(t, pids);
      const again = await listeners(sockets.slice(1), 1, 'dabook-test-mark').read(ask);
      t.equal(again.on[`tcp/4/${free}`], 'ours', 'the port was given back');
      await gone(t, again.pids, 'they end by themselves');
      tried.add('listeners');
    });
  }

  for (const [program, as] of shell === shells[0] ? programs.slice(1) : []) {
    t.test(`${program}: listeners end with the shell of their session`, unlessMissing(program), async (t) => {
      const ask = askWith(t, ['/bin/sh', '-c', '__k=key; (eval "$2")', 'sh'], program, as);
      const port = await freePort();
      const { on, pids } = await listeners(
        [{ protocol: 'tcp', family: 4, port }],
        30,
        'dabook-test-mark',
      ).read(ask);
      t.same(on, { [`tcp/4/${port}`]: 'ours' });
      t.ok(pids.length > 0);
      await gone(t, pids);
    });
  }

  const ownNc = { skip: shell[0].includes('busybox') ? 'its shell has an nc of its own' : false };
  t.test(`${shell[0]} with nothing: it is said what is missing`, ownNc, async (t) => {
    const ask = askWith(t, shell);
    const port = await freePort();
    t.match(await tcpAttempts([{ address: '127.0.0.1', port }], 1).read(ask), [
      { kind: 'untried', said: /no program that connects \(bash, python3, perl, socat or nc\)/ },
    ]);
    t.match(await udpBurst({ address: '127.0.0.1', port, count: 1 }).read(ask), {
      fault: /no program that sends/,
    });
    const { on, pids } = await listeners([{ protocol: 'tcp', family: 4, port }], 5, 'mark').read(ask);
    t.same([on, pids], [{ [`tcp/4/${port}`]: 'nobody' }, []]);
  });

  t.test(`${shell[0]}: ports that programs have`, async (t) => {
    const datagrams = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    t.teardown(() => datagrams.close());
    await once(datagrams, 'listening');
    const held = [
      `${await tcpServer(t, '127.0.0.1')}/tcp`,
      `${await tcpServer(t, '::')}/tcp`,
      `${datagrams.address().port}/udp`,
    ];
    const free = `${await freePort()}/tcp`;
    const found = await heldPorts([...held, free]).read(askWith(t, shell));
    t.same([...found], held);
  });

  t.test(`${shell[0]}: clock and accounts`, async (t) => {
    const ask = askWith(t, shell);
    const { ahead, precision } = await clock.read(ask);
    t.ok(ahead.least <= 0 && ahead.most >= 0, 'this machine agrees with itself');
    t.ok(precision === 1 || precision === 1000);
    t.same(await accountsById({ uid: 0, gid: 0 }).read(ask), { user: 'root', group: 'root' });
    t.same(await accountsById({ uid: 54_321, gid: 54_321 }).read(ask), {});
  });
}

t.test('none of it was skipped with every program', async (t) => {
  t.same([...tried].sort(), ['TCP connections', 'datagrams', 'listeners']);
});

/** One that has ended may wait for its parent to take notice. */
function isAlive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(t: Test, pids: readonly string[], name = 'they have ended'): Promise<void> {
  for (let tries = 0; tries < 300 && pids.some(isAlive); tries++) await sleep(20);
  t.notOk(pids.some(isAlive), name);
}

t.test('what attempts printed', async (t) => {
  const text = [
    '0  0',
    '2 bash: connect: Connection refused bash: line 1: /dev/tcp/10.0.0.1/22: Connection refused  1',
    '1  137',
    '3 Traceback (most recent call last): File "<string>", line 1 OSError: [Errno 113] No route to host  1',
    '4 nc: connect to 10.0.0.1 port 22 (tcp) timed out: Operation now in progress  1',
    '5  126',
    '6 bash: /dev/tcp/10.0.0.1/22: No such file or directory 1',
    'junk',
  ].join('\n');
  const kinds = parseAttempts(text, 8).map(({ kind, said }) => (said === '' ? kind : `${kind}: ${said}`));
  t.same(kinds, [
    'open',
    'silent',
    'refused: Connection refused',
    'unreachable: No route to host',
    'silent',
    'untried: it has no program that connects (bash, python3, perl, socat or nc)',
    'untried: bash: /dev/tcp/10.0.0.1/22: No such file or directory',
    'untried: the attempt was cut off',
  ]);
});

t.test('what the kernel counts', async (t) => {
  const text = `361.52 1231.10
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
Udp: 100 20 3 999 3
Udp6InDatagrams                 	4
Udp6NoPorts                     	5
Udp6InErrors                    	6
Udp6OutDatagrams                	999
 6882: 00000000:12B5 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 2072779 2 000000002fc7c456 7
10039: 00000000000000000000000000000000:12B5 00000000000000000000000000000000:0000 07 00000000:00000001 00:00000000 00000000     0        0 2071793 2 0000000048709e54 0
 1: 00000000:0035 00000000:12B5 07 00000000:00000300 00:00000000 00000000     0        0 1 2 0 9
`;
  t.same(parseCounters(text, [4789, 7946]), {
    at: 361.52,
    arrived: 138,
    queued: { 4789: 0x300 + 7 + 1 },
  });
});

t.test('a burst against the noise', async (t) => {
  const table: readonly (readonly [sent: number, arrived: number, noise: number, kind: string])[] = [
    [16, 16, 0, 'all'],
    [16, 12, 0, 'all'],
    [16, 11, 0, 'some'],
    [16, 3, 0, 'some'],
    [16, 2, 0, 'none'],
    [16, 0, 0, 'none'],
    [burstSize(2), 38, 2, 'all'],
    [burstSize(2), 6, 2, 'none'],
    [200, 400, 200, 'unsure'],
    [200, 200, 100, 'unsure'],
    [200, 0, 100, 'none'],
  ];
  for (const [sent, arrived, noise, kind] of table) {
    t.equal(judgeBurst({ sent, arrived, noise }), kind, `${arrived} of ${sent}, noise ${noise}`);
  }
  t.same([0, 1, 18.4, 1e6].map(burstSize), [16, 26, 200, 200]);
});

t.test('all that is blocked, and what to open where', async (t) => {
  const way = { port: 7946, protocol: 'udp', from: 'ha2', to: 'ha1', address: '10.0.0.11' } as const;
  const error = refuseBlocked([
    finding(way, 'blocked', 'nothing arrived'),
    finding({ ...way, from: 'ha3' }, 'blocked', 'nothing arrived'),
    finding({ ...way, port: 2377, protocol: 'tcp', purpose: 'joining' }, 'blocked', 'no answer within 5 s'),
    finding({ ...way, from: 'ha1', to: 'ha2', address: 'fd00::12' }, 'blocked', 'nothing arrived'),
  ]);
  t.equal(error.code, 'refused');
  t.same(error.message.split('\n'), [
    'ports that cannot be reached:',
    '  7946/udp from ha2 to ha1 (10.0.0.11): nothing arrived',
    '  7946/udp from ha3 to ha1 (10.0.0.11): nothing arrived',
    '  2377/tcp (joining) from ha2 to ha1 (10.0.0.11): no answer within 5 s',
    '  7946/udp from ha1 to ha2 (fd00::12): nothing arrived',
  ]);
  t.equal(
    error.hint,
    'open in the firewalls, on both sides and between: on ha1 7946/udp, 2377/tcp from ha2, ha3; on ha2 7946/udp from ha1',
  );
});

t.test('portsOpen: what cannot be, and nothing to do', async (t) => {
  const never: FactReader = { name: 'ha1', read: () => Promise.reject(new Error('not to be asked')) };
  const to = [{ host: never, address: '10.0.0.1' }];
  const port = { port: 22, protocol: 'tcp' } as const;
  t.same(await portsOpen({ from: [never], to, ports: [port] }), [], 'a host is not tried from itself');
  const wrong = [
    [{ to: [{ host: never, address: 'ha1.example.com' }] }, /"ha1.example.com" of ha1 is not an IP address/],
    [{ ports: [{ ...port, port: 0 }] }, /0 is not a port/],
    [{ ports: [{ ...port, at: ['ha9'] }] }, /to be tried at ha9/],
    [{ timeout: 0.5 }, /timeout 0.5/],
  ] as const;
  for (const [args, message] of wrong) {
    await t.rejects(portsOpen({ from: [never], to, ports: [port], ...args }), { code: 'playbook', message });
  }
});

t.test('portsOpen, from this machine to itself', async (t) => {
  const ask = askBy(['/bin/sh'], process.env.PATH ?? '');
  const [held, free] = await Promise.all([tcpServer(t, '0.0.0.0'), freePort()]);
  const from = [readerOf('one', ask)];
  const to = [{ host: readerOf('two', ask), address: '127.0.0.1' }];
  const found = await portsOpen({
    from,
    to,
    ports: [
      { port: held, protocol: 'tcp', purpose: 'joining' },
      { port: free, protocol: 'tcp' },
      { port: free, protocol: 'udp' },
    ],
  });
  t.match(found, [
    { from: 'one', to: 'two', port: held, purpose: 'joining', result: 'open' },
    { port: free, protocol: 'tcp', result: 'open' },
    { port: free, protocol: 'udp', result: 'open', text: `${free}/udp from one to two (127.0.0.1): open` },
  ]);
  t.equal(
    await tcpAttempts([{ address: '127.0.0.1', port: free }], 1)
      .read(ask)
      .then(([one]) => one?.kind),
    'refused',
  );

  // A host that fails in the middle leaves no listener on the others.
  const pids: string[] = [];
  const spied: FactReader = {
    name: 'two',
    read: async (fact) => {
      const state = await fact.read(ask);
      pids.push(...((state as { pids?: readonly string[] } | undefined)?.pids ?? []));
      return state;
    },
  };
  const lost: FactReader = {
    name: 'lost',
    read: () => Promise.reject(new DabookError('unreachable', 'gone')),
  };
  await t.rejects(
    portsOpen({
      from: [lost],
      to: [{ host: spied, address: '127.0.0.1' }],
      ports: [{ port: free, protocol: 'tcp' }],
    }),
    { code: 'unreachable' },
  );
  t.ok(pids.length > 0);
  await gone(t, pids);
});

t.test('clocks: only what they differ by for certain counts', async (t) => {
  const at = (name: string, ...seen: readonly (readonly [least: number, most: number])[]): FactReader => {
    let look = 0;
    const read = async () => {
      const [least, most] = seen[Math.min(look++, seen.length - 1)] ?? [0, 0];
      return { ms: 0, precision: 1, ahead: { least, most } } satisfies Clock;
    };
    return { name, read: read as unknown as <S>(fact: Fact<S>) => Promise<never> };
  };
  t.same(await clocksAgree([at('ha1', [-10, 10]), at('ha2', [-9000, 9000])]), [
    { host: 'ha1', ahead: 0 },
    { host: 'ha2', ahead: 0 },
  ]);
  t.same(await clocksAgree([]), []);
  const hosts = [at('ha1', [0, 8000], [100, 200]), at('ha2', [-93_300, -93_100]), at('ha3', [0, 1000])];
  await t.rejects(clocksAgree(hosts), {
    code: 'refused',
    message:
      'the clock of ha1 is 93.2 s ahead of that of ha2, and 5 s are allowed; against the control machine: ha1 +0.1 s, ha2 -93.2 s, ha3 +0.5 s',
    hint: /NTP/,
  });
  await t.resolves(clocksAgree(hosts, { seconds: 94 }));
  await t.resolves(
    clocksAgree([at('ha1', [60_000, 60_001]), at('ha2', [60_000, 60_001])]),
    'this machine is the one that is late',
  );
  const busybox = await clock.read({
    sh: async () => ({ status: 0, stdout: '1700000000 %N\n', stderr: '' }),
  } as unknown as Ask);
  t.match(busybox, { ms: 1_700_000_000_000, precision: 1000 });
});

t.test('images', async (t) => {
  const denied = 'unauthorized: authentication required';
  const lost = 'Get "https://gone.example/v2/": dial tcp: lookup gone.example: no such host';
  const engine = askEngine({
    '/images/here/a%3A1/json': { Id: 'x' },
    '/distribution/reg.example%3A5000/b%3A1/json': { Descriptor: {} },
    '/distribution/reg.example%3A5000/secret%3A1/json': new Error(denied),
    '/distribution/gone.example/c%3A1/json': new Error(lost),
    '/distribution/gone.example/d%3A1/json': new Error('asked again'),
  });
  const images = [
    'here/a:1',
    'reg.example:5000/b:1',
    'reg.example:5000/secret:1',
    'reg.example:5000/none:1',
    'gone.example/c:1',
    'gone.example/d:1',
    'http://here/a:1',
  ];
  const why = `its registry does not answer: ${lost}`;
  t.same(await imagesReady({ images, pull: true }).read(engine), {
    'here/a:1': 'present',
    'reg.example:5000/b:1': 'pullable',
    'reg.example:5000/secret:1': {
      missing: `its registry denies it to who has no credentials, or has no such image: ${denied}`,
      denied: true,
    },
    'reg.example:5000/none:1': { missing: 'its registry has no such image', isAbsent: true },
    'gone.example/c:1': { missing: why },
    'gone.example/d:1': { missing: why },
    'http://here/a:1': { missing: 'this is no name of an image' },
  });
  t.same(await imagesReady({ images: ['here/a:1', 'reg.example:5000/b:1'], pull: false }).read(engine), {
    'here/a:1': 'present',
    'reg.example:5000/b:1': { missing: 'not on this host' },
  });
});

t.test('portAnswers', async (t) => {
  t.throws(() => portAnswers({ address: 'ha1,fork', port: 1 }), { code: 'playbook' });
  const ask = askBy(['/bin/sh'], process.env.PATH ?? '');
  const port = await tcpServer(t, '127.0.0.1');
  // The fact asks another one.
  const asks: Ask = { ...ask, fact: (fact) => fact.read(ask) };
  const answering = portAnswers({ address: '127.0.0.1', port });
  t.ok(equal(await answering.fact.read(asks), answering.want({ accepts: false })));
  const closed = portAnswers({ address: 'localhost', port: await freePort(), timeout: 7 });
  const now = await closed.fact.read(asks);
  t.same(now, { accepts: false, why: 'connection refused' });
  const want = closed.want(now);
  t.same([closed.steps(now, want), closed.settle], [[], { timeout: 7 }]);
  t.match(closed.stuck(now, want)?.reason, /^\d+\/tcp of localhost: connection refused$/);
});
